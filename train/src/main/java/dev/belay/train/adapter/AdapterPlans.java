package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.AdapterPlan.Biases;
import dev.belay.graph.adapter.AdapterTargets;
import dev.belay.savedmodel.peft.PeftConfiguration;
import dev.belay.train.config.AdapterConfig;
import dev.belay.train.config.ModelConfig;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Makes the plan of the adapters that options ask for. */
public final class AdapterPlans {
  private AdapterPlans() {}

  /**
   * The plan of the adapters.
   *
   * @param seed of the run
   * @param stored the adapter to begin with, if it is no new one
   * @return empty without adapters
   */
  public static Optional<AdapterPlan> of(
      ModelConfig config, long seed, Optional<StoredAdapter> stored) {
    AdapterConfig adapter = config.adapter();
    if (!adapter.isOn()) {
      return Optional.empty();
    }
    Optional<PeftConfiguration> read = stored.map(from -> from.read().configuration());
    double dropout =
        config.dropout()
            ? adapter.dropout().orElse(read.map(PeftConfiguration::dropout).orElse(0.0))
            : 0;
    Biases.Choice bias =
        adapter
            .bias()
            .map(Enum::name)
            .or(() -> read.map(PeftConfiguration::bias))
            .map(word -> Biases.Choice.valueOf(word.toUpperCase(Locale.ROOT)))
            .orElse(Biases.Choice.NONE);
    return Optional.of(
        new AdapterPlan(
            stored.map(AdapterPlans::targets).orElseGet(() -> targets(adapter)),
            stored.isPresent() ? stored.get().ranks()::get : ranks(adapter),
            dropout,
            seed,
            new Biases(bias, name -> !config.freezes(name))));
  }

  private static AdapterTargets targets(AdapterConfig adapter) {
    return new AdapterTargets(
        adapter.targets().map(regex -> weight -> regex.matcher(weight).find()));
  }

  private static AdapterTargets targets(StoredAdapter stored) {
    return new AdapterTargets(Optional.of(stored.ranks()::containsKey));
  }

  private static Function<String, AdapterPlan.Rank> ranks(AdapterConfig adapter) {
    int size = adapter.rank().orElse(AdapterConfig.DEFAULT_RANK);
    double alpha = adapter.alpha().orElse(AdapterConfig.DEFAULT_ALPHA);
    AdapterPlan.Rank rank =
        new AdapterPlan.Rank(size, alpha / (adapter.stabilized() ? Math.sqrt(size) : size));
    return weight -> rank;
  }
}
