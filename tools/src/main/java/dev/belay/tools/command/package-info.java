/**
 * Reads from: groups of options. Hands to: the trainApi of {@code train}, and to the console what
 * comes back. Never: holds more than a screen of work; what a command does lives in {@code train}.
 */
package dev.belay.tools.command;
