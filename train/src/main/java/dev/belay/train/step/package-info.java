/**
 * Reads from: batches and the graph. Hands to: the trainer, the numbers of a step. Never: decides
 * what a step is for; this is the only package that runs a session.
 */
@Internal
package dev.belay.train.step;

import dev.belay.train.api.Internal;
