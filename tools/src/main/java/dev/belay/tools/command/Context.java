package dev.belay.tools.command;

import dev.belay.tools.console.Terminal;
import java.util.List;

/**
 * What every command is given.
 *
 * @param trainApi what it may call
 * @param terminal where it writes
 * @param commandLine what the user typed, for the record
 */
public record Context(TrainApi trainApi, Terminal terminal, List<String> commandLine) {}
