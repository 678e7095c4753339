/**
 * Reads from: nothing. Hands to: every format of this module and to {@code train}: the common
 * interface of named tensors. Never: knows a file format.
 */
package dev.belay.savedmodel.tensor;
