/**
 * Reads from: the events and results of {@code train}. Hands to: a person, on stderr while work
 * goes on and on stdout when it is done. Never: decides anything.
 */
package dev.belay.tools.console;
