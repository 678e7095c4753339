/**
 * Reads from: {@code gradient}. Hands to: {@code clip}, as the gradients of the whole update, and
 * to the step, as a flag that says whether they are finite. Never: changes a variable.
 */
package dev.belay.graph.stage;
