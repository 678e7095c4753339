package dev.belay.train.metrics;

import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Map;

/** Metrics of classes that a model decodes itself: those of entities, or of single classes. */
public final class DecodedClasses extends PerExampleMetrics {
  private final List<String> names;
  private final boolean hasLoss;
  private final ClassMetrics metrics;

  /**
   * @param names of the classes; empty if they have none
   * @param classes number of the classes that the data show
   * @param hasLoss whether the model computes a loss too
   */
  public DecodedClasses(List<String> names, int classes, boolean hasLoss) {
    this.names = names;
    this.hasLoss = hasLoss;
    this.metrics =
        EntityMetrics.fit(names) ? new EntityMetrics(names) : new ClassificationMetrics(classes);
  }

  @Override
  public void add(float[] outputs, double label) {
    int decoded = Math.round(outputs[0]);
    if (decoded < 0 || (!names.isEmpty() && decoded >= names.size())) {
      throw new ModelException(
          "the model decodes class "
              + decoded
              + ", and "
              + names.size()
              + " labels are known: "
              + names
              + ". Give classes as numbers, or all of the model's labels in the order of its"
              + " classes, one a line, in assets.extra/labels.txt of the SavedModel");
    }
    metrics.add(decoded, (int) label);
  }

  @Override
  public void endExample() {
    metrics.endExample();
  }

  @Override
  public boolean hasLoss() {
    return hasLoss;
  }

  @Override
  public Map<String, Double> result() {
    return metrics.result();
  }

  @Override
  public String primary() {
    return metrics.primary();
  }
}
