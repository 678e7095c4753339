/** Reads from: nothing. Hands to: listeners of a run, its events. Never: knows who watches. */
package dev.belay.train.event;
