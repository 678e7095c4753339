/**
 * Reads from: {@code train.model}, graphs and their weights. Hands to: the entry points, sessions
 * with restored variables and optimizer state. Never: reads training data.
 */
@Internal
package dev.belay.train.session;

import dev.belay.train.api.Internal;
