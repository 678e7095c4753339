/**
 * Reads from: HDF5 files of Keras and Hugging Face, {@code tf_model.h5} and {@code .weights.h5}.
 * Hands to: {@code weights}, as named tensors. Never: writes HDF5, or lets the library that parses
 * it fail with anything but a refusal.
 */
package dev.belay.savedmodel.hdf5;
