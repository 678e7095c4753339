/**
 * Reads from: {@code train.data} and {@code train.tokenize}. Hands to: the entry points, the data
 * of a run as a model and its task need them. Never: holds a TensorFlow object.
 */
@Internal
package dev.belay.train.dataset;

import dev.belay.train.api.Internal;
