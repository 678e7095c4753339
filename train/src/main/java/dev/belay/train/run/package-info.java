/**
 * Reads from: {@code train.session}, {@code train.dataset} and {@code train.loop}. Hands to: {@code
 * TrainingRun}, one run from its start to its export, and its log. Never: chooses a default.
 */
@Internal
package dev.belay.train.run;

import dev.belay.train.api.Internal;
