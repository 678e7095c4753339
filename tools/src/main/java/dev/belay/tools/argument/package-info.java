/**
 * Reads from: what a user typed and a config file. Hands to: the parser: one spelling of every
 * option. Never: knows what an option means.
 */
package dev.belay.tools.argument;
