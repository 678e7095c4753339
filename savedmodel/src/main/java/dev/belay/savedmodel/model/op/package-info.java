/**
 * Reads from: the catalogue of TensorFlow's ops that ships with Belay. Hands to: {@code model},
 * {@code check} and {@code inline}: what an op takes and gives, and the values of constants. Never:
 * native code; the catalogue is data.
 */
package dev.belay.savedmodel.model.op;
