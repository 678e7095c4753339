/**
 * Reads from: config.json of Hugging Face, bert_config.json of google-research/bert. Hands to:
 * {@code weights} and {@code train}: what a model is made of, as a validated record, and back to
 * both files. Never: drops a key that it does not know.
 */
package dev.belay.savedmodel.configuration;
