/**
 * Reads from: .tsv, .csv, .jsonl and .tfrecord files, plain or gzip. Hands to: {@code example}, as
 * rows of named cells with their position. Never: knows what a column means.
 */
@Internal
package dev.belay.train.data.file;

import dev.belay.train.api.Internal;
