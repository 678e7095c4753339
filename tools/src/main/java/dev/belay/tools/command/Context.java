package dev.belay.tools.command;

import dev.belay.tools.console.Terminal;
import java.util.List;

/**
 * What every command is given.
 *
 * @param doors what it may call
 * @param terminal where it writes
 * @param commandLine what the user typed, for the record
 */
public record Context(Doors doors, Terminal terminal, List<String> commandLine) {}
