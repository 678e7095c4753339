/**
 * Reads from: {@link dev.belay.graph.imported.ForwardSpec}, a flat GraphDef without calls. Hands
 * to: {@code gradient} and the step, as {@link dev.belay.graph.forward.ForwardModel}: tensors,
 * variables, saved gradients in a Graph. Never: knows which file a graph came from.
 */
package dev.belay.graph.imported;
