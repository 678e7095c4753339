/**
 * Reads from: batches, a step runner and callbacks. Hands to: {@code train.run} and {@code Sweep},
 * the loop, its evaluations and its checkpoints. Never: knows a model, a file of data or a
 * terminal.
 */
@Internal
package dev.belay.train.loop;

import dev.belay.train.api.Internal;
