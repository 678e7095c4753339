/**
 * Reads from: files of foreign formats. Hands to: {@code train}, as named tensors, graphs and
 * signatures. Never: training, native code, printing.
 */
package dev.belay.savedmodel;
