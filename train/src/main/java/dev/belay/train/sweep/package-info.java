/**
 * Reads from: the figures of a sweep's arms. Hands to: the sweep, which arm to stop and which to
 * recommend, and to people, as a table and TensorBoard's HParams. Never: trains.
 */
package dev.belay.train.sweep;
