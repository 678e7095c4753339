/**
 * Reads from: the result of every step. Hands to: the trainer, whether and how the run continues,
 * and to people, the cause of a bad step. Never: changes a number of a usable step.
 */
package dev.belay.train.stability;
