/**
 * Reads from: a hub of models over HTTP, and the cache that Python's huggingface_hub shares. Hands
 * to: the entry points, the folder of a model. Never: reads what the files of a model say, except
 * which other files belong to it.
 */
package dev.belay.train.hub;
