/**
 * Reads from: a finished graph. Hands to: whoever opens a session for it, as what TensorFlow's own
 * rewrites must not do with it. Never: changes a graph.
 */
package dev.belay.graph.runtime;
