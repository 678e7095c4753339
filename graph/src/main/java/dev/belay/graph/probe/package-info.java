/**
 * Reads from: {@code gradient}, {@code optimizer}. Hands to: whoever examines a machine, small
 * computations with the results that they must have. Never: runs one.
 */
package dev.belay.graph.probe;
