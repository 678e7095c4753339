/**
 * Reads from: nothing. Hands to: the packages below it: {@code file} reads rows, {@code example}
 * encodes them, {@code batch} collates them; this one holds the words that they share. Never: knows
 * a tensor, a session or a model.
 */
package dev.belay.train.data;
