/**
 * Reads from: nothing. Hands to: the caller of a run, the reason of its failure. Never: decides
 * what to do about it.
 */
package dev.belay.train.failure;
