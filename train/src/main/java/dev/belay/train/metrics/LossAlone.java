package dev.belay.train.metrics;

import java.util.Map;

/** No numbers but the loss, of a model that predicts nothing else. */
public final class LossAlone implements Metrics {
  @Override
  public void addBatch(BatchPredictions answers) {}

  @Override
  public Map<String, Double> result() {
    return Map.of();
  }

  @Override
  public String primary() {
    return LOSS;
  }
}
