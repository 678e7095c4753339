/**
 * Reads from: the options and the environment, who takes part in a run. Hands to: {@code step}, the
 * group of workers that makes each update. Never: knows a model or a batch.
 */
@Internal
package dev.belay.train.cluster;

import dev.belay.train.api.Internal;
