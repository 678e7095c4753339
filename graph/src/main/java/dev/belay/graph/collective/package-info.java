/**
 * Reads from: {@code stage}, values of one part of an update. Hands to: {@code stage} and the run,
 * their sums over all parts. Never: knows a host, a port or a process.
 */
package dev.belay.graph.collective;
