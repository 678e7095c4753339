package dev.belay.tools.house.tools;

/** A door that others know although it should know them. */
public final class Door {}
