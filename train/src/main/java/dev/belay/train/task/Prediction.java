package dev.belay.train.task;

/** A model's answer to one input line; each task has its own. */
public interface Prediction {}
