/**
 * Reads from: a model that somebody named, and what became of a process that tried it. Hands to:
 * whoever loads a model, a verdict before the model comes into this process. Never: loads a model
 * into this process; this is the only package that starts another.
 */
package dev.belay.train.sandbox;
