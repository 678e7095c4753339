/**
 * Reads from: a run directory, its configuration and its checkpoints. Hands to: the run, where it
 * begins and the word that the directory is its own. Never: trains, or removes what is whole unless
 * it was told to.
 */
package dev.belay.train.resume;
