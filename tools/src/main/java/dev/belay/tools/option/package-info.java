/**
 * Reads from: the parser, which fills the fields. Hands to: the commands: groups of options that
 * become one config record each. Never: holds a default of its own; those are constants of {@code
 * train.config}.
 */
package dev.belay.tools.option;
