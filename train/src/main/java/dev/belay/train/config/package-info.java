/**
 * Reads from: nothing. Hands to: the rest of {@code train}: the user's options, as immutable
 * records validated on construction. Never: parses a command line; holds a default in two places.
 */
package dev.belay.train.config;
