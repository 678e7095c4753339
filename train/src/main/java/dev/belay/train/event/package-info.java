/** Reads from: nothing. Hands to: listeners of a run, its events. Never: knows its listeners. */
package dev.belay.train.event;
