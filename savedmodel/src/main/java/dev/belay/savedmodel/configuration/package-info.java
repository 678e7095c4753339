/**
 * Reads from: config.json of Hugging Face, bert_config.json of google-research/bert. Hands to:
 * {@code weights} and {@code train}: the architecture of a model, as a validated record, and back
 * to both files. Never: drops a key that it does not know.
 */
package dev.belay.savedmodel.configuration;
