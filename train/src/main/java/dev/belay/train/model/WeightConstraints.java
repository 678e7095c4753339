package dev.belay.train.model;

import dev.belay.graph.constraint.Constraint;
import dev.belay.graph.constraint.NonNegative;
import dev.belay.graph.constraint.NormRange;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.KerasConstraints;
import dev.belay.savedmodel.model.WeightConstraint;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The constraints that a Keras model puts on weights which train.
 *
 * @param byVariable a constraint by the name of its variable
 * @param notes remarks about them, for people
 */
record WeightConstraints(Map<String, Constraint> byVariable, ModelNotes notes) {
  private static final int SHOWN = 12;

  /** No constraints, of a model that does not train or is not Keras'. */
  static final WeightConstraints NONE = new WeightConstraints(Map.of(), new ModelNotes());

  /**
   * Those of the weights that train, but for the ones that the user leaves out.
   *
   * @param forward the model in the graph
   * @throws UnsupportedModelException if one of them is a constraint that only Python knows; the
   *     message lists all of these
   */
  static WeightConstraints of(ImportedModel model, ForwardModel forward, ModelConfig config)
      throws IOException {
    if (!model.trains()) {
      return NONE;
    }
    Map<Integer, String> trained = new LinkedHashMap<>();
    Map<Integer, String> adapted = new LinkedHashMap<>();
    forward.adapted().forEach(one -> adapted.put(model.stored(one.weight()).id(), one.weight()));
    for (GraphVariable variable : forward.variables().trainable()) {
      if (!model.variables().containsKey(variable.name())) {
        continue; // an adapter, which no layer of Keras knows
      }
      trained.put(model.stored(variable.name()).id(), variable.name());
    }
    Map<String, Constraint> kept = new LinkedHashMap<>();
    List<String> shown = new ArrayList<>();
    List<String> ignored = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (WeightConstraint constraint : KerasConstraints.find(model.contents())) {
      requireFree(adapted.get(constraint.variable()), constraint, config);
      String name = trained.get(constraint.variable());
      if (name == null) {
        continue;
      }
      if (config.trust().ignoresConstraint(name)) {
        ignored.add(name + " (" + constraint.place() + ")");
      } else if (constraint.rule() instanceof WeightConstraint.Unknown rule) {
        unknown.add(name + " (" + constraint.place() + " = " + rule.name() + ")");
      } else {
        kept.put(name, inGraph(constraint.rule()));
        shown.add(name + " " + shown(constraint.rule()));
      }
    }
    requireKnown(model, unknown);
    ModelNotes notes = new ModelNotes();
    if (!shown.isEmpty()) {
      notes.add("after each update, as in Keras, weights keep to constraints: " + listed(shown));
    }
    if (!ignored.isEmpty()) {
      notes.add("constraints left out (--ignore-constraints): " + listed(ignored));
    }
    return new WeightConstraints(kept, notes);
  }

  /** The sum of a weight and its adapter would not keep to a constraint. */
  private static void requireFree(String adapted, WeightConstraint constraint, ModelConfig config) {
    if (adapted != null && !config.trust().ignoresConstraint(adapted)) {
      throw new ModelException(
          "--adapter: "
              + adapted
              + " has a constraint ("
              + constraint.place()
              + "), to which its sum with an adapter would not keep: choose other weights with"
              + " --lora-targets, or say --ignore-constraints");
    }
  }

  private static void requireKnown(ImportedModel model, List<String> unknown)
      throws UnsupportedModelException {
    if (!unknown.isEmpty()) {
      throw new UnsupportedModelException(
          model.contents().file(),
          "constraints",
          "after each update Keras changes these weights by constraints that only Python knows;"
              + " expected MaxNorm, MinMaxNorm, UnitNorm or NonNeg of a weight that the layer has"
              + " under the key's name, found "
              + listed(unknown)
              + ". Train without them by --ignore-constraints REGEX, or keep the weights as they"
              + " are by --freeze REGEX; both take names of variables");
    }
  }

  private static Constraint inGraph(WeightConstraint.Rule rule) {
    return rule instanceof WeightConstraint.NormRange range
        ? new NormRange(range.least(), range.most(), range.rate(), range.axes())
        : new NonNegative();
  }

  private static String shown(WeightConstraint.Rule rule) {
    if (rule instanceof WeightConstraint.NormRange range) {
      String of = " along axes " + range.axes();
      if (range.least() == range.most()) {
        return "norm " + range.most() + of;
      }
      String least = range.least() == 0 ? "at most " : range.least() + " to ";
      return "norm " + least + range.most() + of;
    }
    return "not negative";
  }

  private static String listed(List<String> all) {
    int more = all.size() - SHOWN;
    return more <= 0
        ? String.join(", ", all)
        : String.join(", ", all.subList(0, SHOWN)) + " and " + more + " more";
  }
}
