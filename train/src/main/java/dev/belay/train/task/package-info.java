/**
 * Reads from: a model's configuration and the options that say what it learns. Hands to: {@code
 * model} heads and losses, and to the run labels, metrics and predictions, each task its own.
 * Never: opens a model, or runs one.
 */
package dev.belay.train.task;
