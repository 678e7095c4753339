/**
 * Reads from: {@code savedmodel} and {@code graph}. Hands to: {@code tools}, and to programs that
 * embed Belay: the entry points, one class for each thing that can be done with a model. Never:
 * prints, exits, or knows what a transformer is.
 */
package dev.belay.train;
