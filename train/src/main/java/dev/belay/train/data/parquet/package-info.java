/**
 * Reads from: Parquet files, their footer and columns of strings, numbers and truth values, alone
 * or in lists. Hands to: {@code data.file}, as rows of values. Never: knows what a column means.
 */
@Internal
package dev.belay.train.data.parquet;

import dev.belay.train.api.Internal;
