/**
 * Reads from: the result of every step. Hands to: the trainer, whether and how the run goes on, and
 * to people, why a step went wrong. Never: changes a number of a usable step.
 */
package dev.belay.train.stability;
