/**
 * Reads from: the config records of {@code train.config}, whose options it shows to the parser.
 * Hands to: the commands: those records, filled in. Never: holds a default.
 */
package dev.belay.tools.option;
