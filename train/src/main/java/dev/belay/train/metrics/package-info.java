/**
 * Reads from: logits and labels of evaluated batches. Hands to: the trainer and the evaluation, as
 * named numbers. Never: knows where the logits come from.
 */
@Internal
package dev.belay.train.metrics;

import dev.belay.train.api.Internal;
