/**
 * Reads from: a model's directory, by way of {@code savedmodel}. Hands to: the run, a model that
 * can be trained: its forward pass for {@code graph}, what it wants of the data, its weights.
 * Never: knows one architecture from another.
 */
package dev.belay.train.model;
