/**
 * Reads from: one table of names per family, a resource. Hands to: {@code weights}: the name of a
 * tensor of any Python file in any other dialect. Never: reads a model's file; it knows only names
 * and layouts.
 */
package dev.belay.savedmodel.names;
