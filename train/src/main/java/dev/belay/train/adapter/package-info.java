/**
 * Reads from: options, the files of an adapter, and the weights of a run. Hands to: {@code model},
 * as a plan of adapters; exports, as weights in which adapters are merged; checkpoints, as the hash
 * of the base. Never: adds a node to a graph.
 */
@Internal
package dev.belay.train.adapter;

import dev.belay.train.api.Internal;
