/**
 * Reads from: {@code savedmodel} and {@code graph}. Hands to: {@code tools}, and to programs that
 * embed Belay. Never: prints, exits, or knows what a transformer is.
 */
package dev.belay.train;
