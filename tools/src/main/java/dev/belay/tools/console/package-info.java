/**
 * Reads from: the events and results of {@code train}. Hands to: a person, on stderr during the
 * work and on stdout when it is done. Never: decides anything.
 */
package dev.belay.tools.console;
