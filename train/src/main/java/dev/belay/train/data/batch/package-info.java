/**
 * Reads from: {@code example}'s data sets. Hands to: {@code train.step}, as padded batches in a
 * reproducible order. Never: reads a file or knows a tensor.
 */
@Internal
package dev.belay.train.data.batch;

import dev.belay.train.api.Internal;
