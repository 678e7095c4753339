package dev.belay.train.checkpoint;

import java.util.Map;

/**
 * Where a run stands.
 *
 * @param step updates applied
 * @param epoch passes over the data begun before the next batch, from 0
 * @param batch batches of that pass already used
 * @param seed of data order and dropout
 * @param metrics of the last evaluation; empty if there was none
 */
public record CheckpointState(
    long step, long epoch, long batch, long seed, Map<String, Double> metrics) {}
