/**
 * Reads from: the loops and arrays of a foreign graph, after its other rewrites. Hands to: {@code
 * imported}, as loops that save what their gradient needs, and gaps with that gradient. Never:
 * changes what a loop computes.
 */
package dev.belay.graph.imported.loop;
