/**
 * Reads from: a finished graph, and the shapes of what it will be fed. Hands to: forecasts of the
 * memory of a run. Never: runs a graph.
 */
package dev.belay.graph.memory;
