/**
 * Reads from: the nodes of a foreign graph. Hands to: {@code imported}, as the same computation in
 * ops that the native runtime can differentiate and repeat. Never: changes a result without saying
 * so in a note.
 */
package dev.belay.graph.imported.rewrite;
