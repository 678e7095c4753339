package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.train.config.OptionType;
import java.util.List;

/** Says what adapters a model has, for people. */
public final class AdapterNotes {
  private AdapterNotes() {}

  /** Names of the weights that have an adapter. */
  public static List<String> weights(ForwardModel model) {
    return model.adapted().stream().map(AdaptedWeight::weight).toList();
  }

  /** A note on the adapters; none without them. */
  public static List<String> of(ForwardModel model) {
    if (model.adapted().isEmpty()) {
      return List.of();
    }
    AdaptedWeight first = model.adapted().get(0);
    boolean same = model.adapted().stream().allMatch(one -> one.rank().equals(first.rank()));
    return List.of(
        "adapters of "
            + (same
                ? "rank " + first.rank().size() + ", times " + OptionType.text(first.rank().scale())
                : "several ranks")
            + ", on "
            + model.adapted().size()
            + " weights such as "
            + first.weight());
  }
}
