/**
 * Reads from: {@code gradient}, {@code optimizer}. Hands to: the checks of a machine, as small
 * computations with their expected results. Never: runs one.
 */
package dev.belay.graph.probe;
