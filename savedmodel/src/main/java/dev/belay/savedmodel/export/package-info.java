/**
 * Reads from: a model's graph and its trained variables. Hands to: Python and TF Serving, as a
 * SavedModel. Never: leaves a half-written model where somebody looks for a whole one.
 */
package dev.belay.savedmodel.export;
