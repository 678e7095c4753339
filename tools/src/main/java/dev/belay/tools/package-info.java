/**
 * Reads from: the command line and config files. Hands to: {@code train}. Never: computes; this is
 * the only module that prints or exits.
 */
package dev.belay.tools;
