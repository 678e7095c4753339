package dev.belay.train.export;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.AdapterNames;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.NameTable;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.peft.PeftAdapter;
import dev.belay.savedmodel.peft.PeftConfiguration;
import dev.belay.savedmodel.peft.PeftWriter;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.train.adapter.AdapterState;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.AdapterConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes the adapters of a checkpoint, with the head and all else that trained, as Hugging Face
 * PEFT names them.
 *
 * @param checkpoint that holds adapters
 * @param state what it says of them
 * @param base weights of the model that the run began with
 */
public record PeftExport(Checkpoint checkpoint, AdapterState state, ModelWeights base) {
  private static final String WEIGHT = ".weight";

  /** PEFT's task by the end of the name of Hugging Face's class. */
  private static final Map<String, String> TASKS =
      Map.of(
          "ForSequenceClassification", "SEQ_CLS",
          "ForTokenClassification", "TOKEN_CLS",
          "ForQuestionAnswering", "QUESTION_ANS",
          "LMHeadModel", "CAUSAL_LM",
          "ForCausalLM", "CAUSAL_LM",
          "ForConditionalGeneration", "SEQ_2_SEQ_LM");

  /**
   * Writes a folder.
   *
   * @param config of the run's adapters
   * @param classes ends of the names of Hugging Face's classes for the run's task
   * @param folder must not exist
   * @return number of tensors
   * @throws ModelException if a weight has no name in PyTorch
   */
  public int write(AdapterConfig config, List<String> classes, Path folder) throws IOException {
    Map<String, DialectName> names = names();
    NamedTensors tensors = RenamedTensors.canonical(checkpoint.model(), names);
    Map<String, AdaptedWeight> modules = modules();
    PeftConfiguration configuration =
        configuration(modules, config, bias(tensors, modules.keySet()));
    List<String> saved =
        tensors.names().stream()
            .filter(name -> name.endsWith(WEIGHT) && !name.contains(".lora_"))
            .map(name -> name.substring(0, name.length() - WEIGHT.length()))
            .sorted()
            .toList();
    PeftWriter.write(
        new PeftAdapter(
            folder, configuration, tensors, modules.keySet(), Optional.of(state.base())),
        new PeftWriter.Facts(
            base.location().folder().toString(),
            classes.stream().map(TASKS::get).filter(Objects::nonNull).findFirst().orElse(null),
            base.naming().map(naming -> naming.family() == Family.GPT2).orElse(false),
            saved));
    return names.size();
  }

  /** The adapters by the names of their modules in PyTorch. */
  private Map<String, AdaptedWeight> modules() {
    Map<String, AdaptedWeight> modules = new TreeMap<>();
    for (AdaptedWeight one : state.adapted()) {
      String name = canonical(one.weight()).name();
      modules.put(name.substring(0, name.length() - WEIGHT.length()), one);
    }
    return modules;
  }

  /** For each tensor's name in PyTorch its name in the checkpoint. */
  private Map<String, DialectName> names() {
    Map<String, DialectName> names = new LinkedHashMap<>();
    Set<String> factors = new HashSet<>();
    for (AdaptedWeight one : state.adapted()) {
      DialectName canonical = canonical(one.weight());
      requireMatrix(one, canonical);
      names.put(AdapterNames.a(canonical.name()), new DialectName(one.a(), Layout.SAME));
      names.put(AdapterNames.b(canonical.name()), new DialectName(one.b(), Layout.SAME));
      factors.addAll(List.of(one.a(), one.b()));
    }
    for (String name : checkpoint.model().names()) {
      if (!factors.contains(name)) {
        DialectName canonical = canonical(name);
        names.put(canonical.name(), new DialectName(name, canonical.layout()));
      }
    }
    return names;
  }

  private void requireMatrix(AdaptedWeight one, DialectName canonical) {
    boolean plain = one.layout().steps().isEmpty() && one.layout().operand().size() == 2;
    if (!plain || !canonical.name().endsWith(WEIGHT)) {
      throw new ModelException(
          "--format peft: "
              + one.weight()
              + " is not the matrix of a dense layer in PyTorch, so PEFT has no adapter for it:"
              + " export the merged model, or adapt other weights with --lora-targets");
    }
  }

  /** The name in PyTorch of a variable of the run, and its layout there. */
  private DialectName canonical(String variable) {
    Optional<Naming> naming = base.naming();
    if (naming.isPresent() && naming.get().sources().containsKey(variable)) {
      return new DialectName(variable, Layout.SAME);
    }
    Optional<DialectName> stored =
        naming.flatMap(
            found ->
                found.sources().entrySet().stream()
                    .filter(source -> source.getValue().name().equals(variable))
                    .map(source -> new DialectName(source.getKey(), source.getValue().layout()))
                    .findFirst());
    return stored
        .or(() -> ofHead(variable))
        .orElseThrow(
            () ->
                new ModelException(
                    "--format peft: "
                        + variable
                        + " has no name in PyTorch that Belay knows, and PEFT finds weights by it:"
                        + " export the merged model"));
  }

  /** A weight of a new head, which the base lacks. */
  private Optional<DialectName> ofHead(String variable) {
    if (base.naming().isEmpty()) {
      return Optional.empty();
    }
    NameTable table = NameTable.of(base.naming().get().family());
    return table
        .canonical(Dialect.PYTORCH, variable)
        .or(() -> table.canonical(Dialect.KERAS, variable));
  }

  /** PEFT's word for the biases that trained without their weight. */
  private static String bias(NamedTensors tensors, Set<String> modules) {
    Set<String> layers = new HashSet<>();
    for (String name : tensors.names()) {
      String layer = name.substring(0, name.lastIndexOf('.') + 1);
      if (name.endsWith("bias") && !tensors.names().contains(layer + "weight")) {
        layers.add(layer.substring(0, Math.max(0, layer.length() - 1)));
      }
    }
    return layers.isEmpty() ? "none" : modules.containsAll(layers) ? "lora_only" : "all";
  }

  private PeftConfiguration configuration(
      Map<String, AdaptedWeight> modules, AdapterConfig config, String bias) {
    AdaptedWeight first = state.adapted().get(0);
    int rank = first.rank().size();
    double alpha = first.rank().scale() * rank;
    Map<String, Integer> ranks = new TreeMap<>();
    Map<String, Double> alphas = new TreeMap<>();
    modules.forEach(
        (module, one) -> {
          double own = one.rank().scale() * one.rank().size();
          if (one.rank().size() != rank) {
            ranks.put(module, one.rank().size());
          }
          if (own != alpha) {
            alphas.put(module, own);
          }
        });
    return new PeftConfiguration(
        rank, alpha, config.dropout().orElse(0), bias, false, ranks, alphas);
  }
}
