/**
 * Reads from: the norms of a run's steps. Hands to: its reports, grouped by layer and summed up
 * over the run. Never: writes a file, or decides what a norm should be.
 */
@Internal
package dev.belay.train.norm;

import dev.belay.train.api.Internal;
