/**
 * Reads from: the catalogue of TensorFlow's ops that ships with Belay. Hands to: {@code model},
 * {@code check} and {@code inline}: the inputs and outputs of an op, and the values of constants.
 * Never: native code; the catalogue is data.
 */
package dev.belay.savedmodel.model.op;
