/**
 * Parquet files: the footer, and columns of strings, numbers and truth values, alone or in lists.
 */
package dev.belay.train.data.parquet;
