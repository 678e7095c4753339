/**
 * Reads from: logits and labels of evaluated batches. Hands to: the trainer and the evaluation, as
 * named numbers. Never: knows where the logits come from.
 */
package dev.belay.train.metrics;
