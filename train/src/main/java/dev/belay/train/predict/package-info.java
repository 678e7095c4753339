/**
 * Reads from: {@code train.session} and the given texts. Hands to: {@code Predictor} and {@code
 * ModelEvaluation}, a loaded model and its queries. Never: trains.
 */
@Internal
package dev.belay.train.predict;

import dev.belay.train.api.Internal;
