package dev.belay.train.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Language modelling metrics: {@code perplexity}, which is e to the mean loss of a token, and
 * {@code accuracy}, the share of tokens whose most likely prediction is right. Both are over all
 * tokens that count, independent of the batches.
 */
public final class LanguageMetrics implements Metrics {
  private double lossSum;
  private double tokens;
  private double right;

  @Override
  public boolean countTokens() {
    return true;
  }

  @Override
  public void addTokens(double lossSum, double tokens, double right) {
    this.lossSum += lossSum;
    this.tokens += tokens;
    this.right += right;
  }

  @Override
  public void addBatch(BatchPredictions answers) {
    throw new UnsupportedOperationException("tokens are added as sums over a batch");
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    result.put(PERPLEXITY, tokens == 0 ? Double.NaN : Math.exp(lossSum / tokens));
    result.put(ACCURACY, tokens == 0 ? Double.NaN : right / tokens);
    return result;
  }

  @Override
  public String primary() {
    return PERPLEXITY;
  }
}
