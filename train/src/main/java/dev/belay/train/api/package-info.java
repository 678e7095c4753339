/** Reads from: nothing. Hands to: packages of {@code train}, a mark. Never: contains code. */
package dev.belay.train.api;
