/**
 * Reads from: a trained model, its graph and its weights. Hands to: disk, a SavedModel. Never:
 * copies the weights into the Java heap.
 */
@Internal
package dev.belay.train.export;

import dev.belay.train.api.Internal;
