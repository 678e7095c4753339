/**
 * Reads from: whatever was thrown. Hands to: the program: an exit code and one paragraph. Never:
 * decides in a command what a failure means; that is decided here, once.
 */
package dev.belay.tools.failure;
