/**
 * Reads from: the catalogue of ops. Hands to: {@code model} and {@code inline}: a graph that native
 * code may see, or the first error in it. Never: changes a graph, or judges what an op does, which
 * is the policy's job.
 */
package dev.belay.savedmodel.model.check;
