/**
 * Reads from: TFRecord files, plain or compressed, and the examples in them. Hands to: {@code
 * train.data}, and writes event files for {@code train.report}. Never: returns a record whose
 * checksums it has not verified.
 */
package dev.belay.savedmodel.record;
