/**
 * Reads from: a model's logits of the next token, by way of {@code step}. Hands to: a prediction,
 * the tokens that were written. Never: turns tokens into text, or trains.
 */
@Internal
package dev.belay.train.generate;

import dev.belay.train.api.Internal;
