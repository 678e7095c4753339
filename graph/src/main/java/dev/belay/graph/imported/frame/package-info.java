/**
 * Reads from: a foreign graph with the control flow of TensorFlow 1. Hands to: {@code loop}, as
 * loops, conditionals and arrays of TensorFlow 2. Never: changes what a graph computes.
 */
package dev.belay.graph.imported.frame;
