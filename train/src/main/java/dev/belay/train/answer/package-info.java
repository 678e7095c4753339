/**
 * Reads from: a model's logits of where answers start and end, window by window. Hands to: metrics
 * and predictions, the part of the text that answers each question. Never: runs a model.
 */
@Internal
package dev.belay.train.answer;

import dev.belay.train.api.Internal;
