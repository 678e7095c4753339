/**
 * Reads from: a model's path, and the end of a process that loaded it. Hands to: the loader of a
 * model, a verdict before the model is loaded into this process. Never: loads a model into this
 * process; this is the only package that starts another.
 */
package dev.belay.train.sandbox;
