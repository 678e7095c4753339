/**
 * Reads from: a model's graph and its trained variables. Hands to: Python and TF Serving, as a
 * SavedModel. Never: leaves an incomplete model in the place of a complete one.
 */
package dev.belay.savedmodel.export;
