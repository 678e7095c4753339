package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.AdapterPlan.Biases;
import dev.belay.graph.adapter.AdapterTargets;
import dev.belay.train.config.AdapterConfig;
import dev.belay.train.config.ModelConfig;
import java.util.Optional;

/** Makes the plan of the adapters that options ask for. */
public final class AdapterPlans {
  private AdapterPlans() {}

  /**
   * The plan of new adapters.
   *
   * @param seed of the run
   * @return empty without adapters
   */
  public static Optional<AdapterPlan> of(ModelConfig config, long seed) {
    AdapterConfig adapter = config.adapter();
    if (!adapter.isOn()) {
      return Optional.empty();
    }
    int size = adapter.rank().orElse(AdapterConfig.DEFAULT_RANK);
    double alpha = adapter.alpha().orElse(AdapterConfig.DEFAULT_ALPHA);
    AdapterPlan.Rank rank =
        new AdapterPlan.Rank(size, alpha / (adapter.stabilized() ? Math.sqrt(size) : size));
    AdapterTargets targets =
        new AdapterTargets(
            adapter.targets().map(regex -> weight -> regex.matcher(weight).find()));
    return Optional.of(
        new AdapterPlan(targets, weight -> rank, dropout(config, 0), seed, biases(config)));
  }

  private static double dropout(ModelConfig config, double otherwise) {
    return config.dropout() ? config.adapter().dropout().orElse(otherwise) : 0;
  }

  private static Biases biases(ModelConfig config) {
    return config
        .adapter()
        .bias()
        .map(bias -> new Biases(Biases.Choice.valueOf(bias.name()), name -> !config.freezes(name)))
        .orElse(Biases.NONE);
  }
}
