/**
 * Reads from: the operations of a graph. Hands to: everything that follows their inputs: the
 * vertices that are upstream of others, and the types that carry a gradient. Never: adds to a
 * graph.
 */
package dev.belay.graph.search;
