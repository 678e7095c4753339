/**
 * Reads from: the nodes of a foreign graph. Hands to: {@code graph.imported}, the same graph, whose
 * last layers compute the one position that is read of them. Never: changes what a node returns.
 */
package dev.belay.graph.imported.position;
