/**
 * Reads from: classes of {@code org.tensorflow.internal}. Hands to: {@code gradient}, as plain Java
 * facts. Never: does anything that the public API can do.
 */
package dev.belay.graph.internal;
