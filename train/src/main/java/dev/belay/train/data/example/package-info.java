/**
 * Reads from: {@code file}'s rows and {@code tokenize}. Hands to: {@code batch}, as examples whose
 * features are the ones that a model asks for. Never: pads, shuffles or batches.
 */
@Internal
package dev.belay.train.data.example;

import dev.belay.train.api.Internal;
