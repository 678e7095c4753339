/**
 * Reads from: a run directory, its configuration and its checkpoints. Hands to: the run, its start
 * and the lock on its directory. Never: trains, or removes a whole checkpoint without a request.
 */
package dev.belay.train.resume;
