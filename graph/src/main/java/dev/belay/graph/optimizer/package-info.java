/**
 * Reads from: {@code clip}, the gradients of one update. Hands to: the step, as ops that change
 * variables and the slots they keep. Never: writes before the gate of the step is open.
 */
package dev.belay.graph.optimizer;
