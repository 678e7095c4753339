/**
 * Reads from: one table of names per family, a resource. Hands to: {@code weights}: what a tensor
 * of any Python file is called in any other. Never: reads a model's file; a name and a layout are
 * all it knows.
 */
package dev.belay.savedmodel.names;
