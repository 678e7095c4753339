/**
 * Reads from: {@code example}'s data sets. Hands to: {@code train.step}, as padded batches in a
 * reproducible order. Never: reads a file or knows a tensor.
 */
package dev.belay.train.data.batch;
