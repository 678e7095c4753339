/**
 * Reads from: nothing. Hands to: {@code train}, as a {@link dev.belay.graph.TrainStep}: forward,
 * loss, gradients, stages, clip, optimizer as TensorFlow ops. Never: opens a file, prints, runs a
 * session, or knows an option of the command line.
 */
package dev.belay.graph;
