/**
 * Reads from: tokenizer.json or vocab.txt beside a model. Hands to: {@code train.data}, as token
 * ids that Hugging Face's fast tokenizers would give. Never: goes to the network, pads.
 */
@Internal
package dev.belay.train.tokenize;

import dev.belay.train.api.Internal;
