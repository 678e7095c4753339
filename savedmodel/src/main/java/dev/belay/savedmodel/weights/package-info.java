/**
 * Reads from: every format of this module. Hands to: {@code train}: a model's weights under
 * canonical names, from any file, and writes them back in any dialect. Never: knows what a graph
 * does with them, or leaves a tensor out without saying so.
 */
package dev.belay.savedmodel.weights;
