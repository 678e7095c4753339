package dev.belay.tools.house.train.hidden;

/** A class of an internal package that a program uses. */
public final class Hidden {}
