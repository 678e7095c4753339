/**
 * Reads from: the output of a model or a head. Hands to: {@code gradient}, as {@link
 * dev.belay.graph.loss.LossTensors}: a sum and the weight to divide it by. Never: averages over
 * examples before the weight is known.
 */
package dev.belay.graph.loss;
