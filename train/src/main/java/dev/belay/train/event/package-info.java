/**
 * Reads from: nothing. Hands to: whoever watches a run, what happens in it. Never: knows who
 * watches.
 */
package dev.belay.train.event;
