/**
 * Reads from: TensorFlow checkpoints ({@code .index} table, {@code .data} shards). Hands to: {@code
 * model}, {@code export} and {@code train}, as named tensors, and back to files. Never: trusts a
 * length, a shape or a checksum of a file before it has validated it.
 */
package dev.belay.savedmodel.bundle;
