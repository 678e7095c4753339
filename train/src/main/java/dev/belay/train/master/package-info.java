/**
 * Reads from: {@code step}, runs of a graph. Hands to: the TensorFlow server of this process, whose
 * session is one of a cluster. Never: knows what a worker does with its share.
 */
@Internal
package dev.belay.train.master;

import dev.belay.train.api.Internal;
