/**
 * Reads from: nothing. Hands to: whoever started a run, why it cannot go on. Never: decides what to
 * do about it.
 */
package dev.belay.train.failure;
