/**
 * Reads from: safetensors files, one or several with an index. Hands to: {@code weights}, as named
 * tensors, and back to files. Never: allocates a size that a header only claims, or lets two
 * tensors share a byte.
 */
package dev.belay.savedmodel.safetensors;
