package dev.belay.train.norm;

import dev.belay.train.event.VariableNorm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Norms of layers, each that of all its variables taken as one vector. */
public final class LayerNorms {
  private LayerNorms() {}

  /** One norm for each layer, in the order in which their first variables come. */
  public static List<VariableNorm> of(List<VariableNorm> variables) {
    Map<String, double[]> squares = new LinkedHashMap<>();
    for (VariableNorm variable : variables) {
      double[] sums =
          squares.computeIfAbsent(LayerNames.layerOf(variable.name()), layer -> new double[3]);
      sums[0] += variable.gradient() * (double) variable.gradient();
      sums[1] += variable.weight() * (double) variable.weight();
      sums[2] += variable.update() * (double) variable.update();
    }
    List<VariableNorm> layers = new ArrayList<>();
    squares.forEach(
        (layer, sums) ->
            layers.add(new VariableNorm(layer, root(sums[0]), root(sums[1]), root(sums[2]))));
    return layers;
  }

  private static float root(double square) {
    return (float) Math.sqrt(square);
  }
}
