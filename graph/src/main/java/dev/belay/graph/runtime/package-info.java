/**
 * Reads from: a finished graph. Hands to: the opening of a session, as rewrites that TensorFlow
 * must not apply to it. Never: changes a graph.
 */
package dev.belay.graph.runtime;
