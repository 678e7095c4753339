/**
 * Reads from: the catalogue of ops. Hands to: {@code model} and {@code inline}: a graph that native
 * code may see, or the first thing that is wrong with it. Never: changes a graph, or judges what an
 * op does; that is the policy's part.
 */
package dev.belay.savedmodel.model.check;
