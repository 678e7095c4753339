/**
 * Reads from: {@code gradient}. Hands to: {@code clip}, as the gradients of the whole update, and
 * to the step, as the word whether they are finite. Never: changes a variable.
 */
package dev.belay.graph.stage;
