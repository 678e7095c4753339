/**
 * Reads from: nothing. Hands to: everything that builds on variables: an explicit, ordered set.
 * Never: discovers what trains by scanning op types.
 */
package dev.belay.graph.variable;
