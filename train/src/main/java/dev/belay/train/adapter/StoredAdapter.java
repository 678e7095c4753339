package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdapterNames;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.peft.PeftAdapter;
import dev.belay.savedmodel.peft.PeftReader;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.step.TensorSpecs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Adapter that was read from files, under the names of a model that Belay builds.
 *
 * @param read as its files have it
 * @param tensors A and B of each weight, and whole weights that trained beside them
 * @param ranks rank and scale by the name of the weight
 */
public record StoredAdapter(
    PeftAdapter read, NamedTensors tensors, Map<String, AdapterPlan.Rank> ranks) {
  private static final String WEIGHT = ".weight";

  /**
   * Reads the adapter that a configuration names.
   *
   * @param weights names of the base model's weights
   * @param prefixes that its body's names may have, and names of the adapter lack
   * @param base files of the base model
   * @return empty if it names none
   * @throws ModelException if it belongs to another model
   */
  public static Optional<StoredAdapter> read(
      ModelConfig config, Set<String> weights, List<String> prefixes, HashedFiles base)
      throws IOException {
    if (config.adapter().folder().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        of(
            PeftReader.read(config.adapter().folder().get()),
            weights,
            prefixes,
            ModelHash.of(base.hashes())));
  }

  /** Files of a base model, which are read only if there is an adapter to compare them with. */
  @FunctionalInterface
  public interface HashedFiles {
    /** Each with {@code path} and {@code sha256}. */
    List<Map<String, Object>> hashes() throws IOException;
  }

  /**
   * Gives the tensors of an adapter the names of its base.
   *
   * @param weights names of the base model's weights
   * @param prefixes that its body's names may have, and names of the adapter lack
   * @param base SHA-256 of the base model's files; any, if the adapter does not say which it has
   * @throws ModelException if it belongs to another model
   */
  public static StoredAdapter of(
      PeftAdapter read, Set<String> weights, List<String> prefixes, String base) {
    if (read.base().isPresent() && !read.base().get().equals(base)) {
      throw new ModelException(
          "--adapter "
              + read.folder()
              + ": was trained on another model than --model: expected files with the SHA-256 "
              + read.base().get()
              + ", found "
              + base
              + ". Name the model that it was trained on; without "
              + PeftAdapter.BASE
              + " the files are not compared");
    }
    String prefix = prefix(read.modules(), weights, prefixes);
    requireModules(read, weights, prefix);
    Map<String, DialectName> names = new LinkedHashMap<>();
    for (String name : read.tensors().names()) {
      names.put(named(name, weights, prefix), new DialectName(name, Layout.SAME));
    }
    Map<String, AdapterPlan.Rank> ranks = new LinkedHashMap<>();
    for (String module : read.modules()) {
      ranks.put(
          prefix + module + WEIGHT,
          new AdapterPlan.Rank(
              read.configuration().rank(module), read.configuration().scale(module)));
    }
    return new StoredAdapter(read, RenamedTensors.canonical(read.tensors(), names), ranks);
  }

  /** A model without its head has no first word in PyTorch. */
  private static String prefix(
      Collection<String> modules, Set<String> weights, List<String> prefixes) {
    boolean whole = modules.stream().anyMatch(module -> weights.contains(module + WEIGHT));
    return whole
        ? ""
        : prefixes.stream()
            .filter(
                word -> modules.stream().anyMatch(name -> weights.contains(word + name + WEIGHT)))
            .findFirst()
            .orElse("");
  }

  private static String named(String name, Set<String> weights, String prefix) {
    return name.contains(".lora_") || weights.contains(prefix + name) ? prefix + name : name;
  }

  private static void requireModules(PeftAdapter read, Set<String> weights, String prefix) {
    List<String> missing =
        read.modules().stream()
            .filter(module -> !weights.contains(prefix + module + WEIGHT))
            .toList();
    if (!missing.isEmpty()) {
      throw new ModelException(
          "--adapter "
              + read.folder()
              + ": the model has no weights for "
              + missing.size()
              + " of its "
              + read.modules().size()
              + " modules, such as "
              + missing.get(0)
              + "; the model has "
              + weights.stream().limit(2).collect(Collectors.joining(", "))
              + ". Is it an adapter of a model of another family?");
    }
  }

  /**
   * The same adapter under the names of a SavedModel's variables.
   *
   * @param variables for each weight in PyTorch the variable, with its layout
   * @throws ModelException if a tensor is of a weight that the SavedModel lacks
   */
  StoredAdapter under(Map<String, DialectName> variables) {
    Map<String, DialectName> targets = new LinkedHashMap<>();
    Map<String, AdapterPlan.Rank> renamed = new LinkedHashMap<>();
    ranks.forEach(
        (weight, rank) -> {
          String variable = variables.get(weight).name();
          renamed.put(variable, rank);
          targets.put(
              AdapterNames.a(weight), new DialectName(AdapterNames.a(variable), Layout.SAME));
          targets.put(
              AdapterNames.b(weight), new DialectName(AdapterNames.b(variable), Layout.SAME));
        });
    for (String name : tensors.names()) {
      if (!targets.containsKey(name)) {
        DialectName variable = variables.get(name);
        if (variable == null) {
          throw new ModelException(
              "--adapter "
                  + read.folder()
                  + ": holds "
                  + name
                  + ", which the SavedModel has no variable for: take the model as weights, or an"
                  + " adapter that was trained without that head");
        }
        targets.put(name, variable);
      }
    }
    return new StoredAdapter(read, RenamedTensors.inDialect(tensors, targets), renamed);
  }

  /** Names of A and B of all weights. */
  public Set<String> factors() {
    Set<String> factors = new TreeSet<>(tensors.names());
    factors.removeIf(name -> !name.contains("lora_"));
    return factors;
  }

  /** Whether it holds a weight of the model as a whole, such as a bias or a head. */
  public boolean trains(String weight) {
    return tensors.names().contains(weight) && !factors().contains(weight);
  }

  /**
   * Refuses weights with an adapter that no product of a graph reads, and tensors of another shape
   * than its variables.
   */
  public void requireFits(ForwardModel model) {
    for (GraphVariable variable : model.variables()) {
      String name = variable.name();
      if (tensors.names().contains(name) && !tensors.spec(name).equals(TensorSpecs.of(variable))) {
        throw new ModelException(
            "--adapter "
                + read.folder()
                + ": "
                + name
                + " is "
                + tensors.spec(name)
                + ", expected "
                + TensorSpecs.of(variable)
                + " for this model. Was it trained on another one?");
      }
    }
    List<String> without = new ArrayList<>(new TreeSet<>(ranks.keySet()));
    without.removeAll(AdapterNotes.weights(model));
    if (!without.isEmpty()) {
      throw new ModelException(
          "--adapter "
              + read.folder()
              + ": has adapters of "
              + without
              + ", which are part of a head or are not read by a product of matrices: Belay has"
              + " adapters of the products in the model's body alone");
    }
  }
}
