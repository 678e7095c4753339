/**
 * Reads from: nothing. Hands to: every format of this room and to {@code train}: the one word for
 * tensors with names. Never: knows a file format.
 */
package dev.belay.savedmodel.tensor;
