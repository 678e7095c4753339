package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.NameTable;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sorts the tensors of a file into weights, optimizer state and the rest, and names the weights.
 */
final class WeightNaming {
  /** Slot names of TF1's optimizers, BERT's own Adam first; the last two are Belay's. */
  private static final Map<String, String> TF1_SLOTS =
      Map.of(
          Tf1Checkpoint.ADAM_MEAN,
          OptimizerState.MEAN,
          Tf1Checkpoint.ADAM_SQUARES,
          OptimizerState.SQUARES,
          "Adam",
          OptimizerState.MEAN,
          "Adam_1",
          OptimizerState.SQUARES,
          "Momentum",
          OptimizerState.MOMENTUM,
          "m",
          OptimizerState.MEAN,
          "v",
          OptimizerState.SQUARES);

  private static final Set<String> KERAS_SLOTS =
      Set.of(OptimizerState.MEAN, OptimizerState.SQUARES, OptimizerState.MOMENTUM);

  /** Counters and settings of trainings, by the last word of their names. */
  private static final Set<String> BOOKKEEPING =
      Set.of(
          Tf1Checkpoint.STEP,
          "beta1_power",
          "beta2_power",
          "save_counter",
          "step",
          "iter",
          "_iterations",
          "learning_rate",
          "_learning_rate",
          "decay",
          "beta_1",
          "beta_2",
          "momentum",
          "rho",
          "epsilon",
          "good_steps",
          "loss_scale",
          "current_learning_rate");

  private static final List<String> STEPS = List.of("iter", "_iterations", Tf1Checkpoint.STEP);

  private final WeightLocation location;
  private final Optional<ModelConfiguration> configuration;
  private final NamedTensors file;
  private final Optional<SavedModelContents> savedModel;

  /** For each slot's key, its name and the key of its variable. */
  private final Map<String, CheckpointObjects.Slot> slots = new LinkedHashMap<>();

  private final List<String> buffers = new ArrayList<>();
  private final List<String> tied = new ArrayList<>();
  private final List<String> bookkeeping = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();
  private final List<String> unknownBase = new ArrayList<>();

  WeightNaming(
      WeightLocation location,
      Optional<ModelConfiguration> configuration,
      NamedTensors file,
      Optional<SavedModelContents> savedModel) {
    this.location = location;
    this.configuration = configuration;
    this.file = file;
    this.savedModel = savedModel;
  }

  /** Names a file whose keys are names of these dialects. */
  ModelWeights named(Set<Dialect> dialects) throws IOException {
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : file.names()) {
      if (file.spec(key).isNumeric()) {
        names.put(key, key);
      }
    }
    names.keySet().forEach(key -> slotByName(key, names.keySet()));
    Map<String, String> weights = weights(names);
    return build(naming(weights, dialects), weights);
  }

  /** TF1 writes VARIABLE/adam_m, Keras in a SavedModel Adam/VARIABLE/m. */
  private void slotByName(String key, Set<String> names) {
    int first = key.indexOf('/');
    int last = key.lastIndexOf('/');
    if (last < 0) {
      return;
    }
    String word = key.substring(last + 1);
    String variable = key.substring(0, last);
    if (TF1_SLOTS.containsKey(word) && names.contains(variable)) {
      slots.put(key, new CheckpointObjects.Slot(key, TF1_SLOTS.get(word), variable));
    } else if (first < last && KERAS_SLOTS.contains(word)) {
      String inner = variable.substring(first + 1);
      if (names.contains(inner)) {
        slots.put(key, new CheckpointObjects.Slot(key, word, inner));
      }
    }
  }

  /** Names a TF2 checkpoint: by the paths of its objects, or by the names of its variables. */
  ModelWeights named(CheckpointObjects objects, Map<String, String> paths) throws IOException {
    objects.slots().forEach(slot -> slots.put(slot.key(), slot));
    Map<String, String> weights = weights(paths);
    Optional<Naming> byPath = naming(weights, Set.of(Dialect.TF2));
    Map<String, String> fullNames = new LinkedHashMap<>();
    weights.keySet().forEach(key -> fullNames.put(key, objects.fullNames().getOrDefault(key, key)));
    Optional<Naming> byName = naming(fullNames, Set.of(Dialect.KERAS, Dialect.TF1));
    return size(byName) > size(byPath) ? build(byName, fullNames) : build(byPath, weights);
  }

  private static int size(Optional<Naming> naming) {
    return naming.map(found -> found.sources().size()).orElse(0);
  }

  /** The names that may be weights, by key; other tensors are set aside. */
  private Map<String, String> weights(Map<String, String> names) {
    Map<String, String> weights = new LinkedHashMap<>();
    names.forEach(
        (key, name) -> {
          String last = name.substring(name.lastIndexOf('/') + 1);
          if (file.spec(key).shape().numDimensions() == 0 && BOOKKEEPING.contains(last)) {
            bookkeeping.add(key);
          } else if (!slots.containsKey(key)) {
            weights.put(key, name);
          }
        });
    return weights;
  }

  /** A naming that matches most of the tensors; a few matches by chance do not count. */
  private Optional<Naming> naming(Map<String, String> weights, Set<Dialect> dialects) {
    Optional<Family> family = configuration.map(ModelConfiguration::family);
    return Naming.find(weights.values(), dialects, family)
        .filter(naming -> naming.sources().size() * 2 >= weights.size());
  }

  private ModelWeights build(Optional<Naming> naming, Map<String, String> weights)
      throws IOException {
    Map<String, String> keys = new HashMap<>();
    weights.forEach((key, name) -> keys.putIfAbsent(name, key));
    Map<String, DialectName> sources = new LinkedHashMap<>();
    if (naming.isPresent()) {
      naming
          .get()
          .sources()
          .forEach(
              (canonical, source) ->
                  sources.put(
                      canonical, new DialectName(keys.get(source.name()), source.layout())));
      for (String name : naming.get().unknown()) {
        explain(naming.get(), name, keys.get(name), sources);
      }
      leaveOutRepeated(NameTable.of(naming.get().family()), sources);
    } else {
      weights.keySet().forEach(key -> sources.put(key, new DialectName(key, Layout.SAME)));
    }
    Map<String, String> storedNames = new LinkedHashMap<>();
    sources.forEach((canonical, source) -> storedNames.put(canonical, source.name()));
    return new ModelWeights(
        location,
        configuration,
        naming,
        file,
        RenamedTensors.canonical(file, sources),
        storedNames,
        optimizer(sources),
        new Leftovers(buffers, tied, bookkeeping, unknown, unknownBase),
        savedModel);
  }

  /** Classifies a name that the table of weights lacks. */
  private void explain(Naming naming, String name, String key, Map<String, DialectName> sources) {
    NameTable table = NameTable.of(naming.family());
    boolean within = name.startsWith(naming.prefix());
    String inner = within ? name.substring(naming.prefix().length()) : name;
    boolean pytorch = naming.dialect() == Dialect.PYTORCH;
    Optional<String> repeated = pytorch ? table.repeated(inner) : Optional.empty();
    if (pytorch && table.isBuffer(inner)) {
      buffers.add(key);
    } else if (repeated.isPresent()) {
      sources.put(repeated.get(), new DialectName(key, Layout.SAME));
    } else {
      unknown.add(key);
      if (within && table.isBase(naming.dialect(), inner, naming.named())) {
        unknownBase.add(key);
      }
    }
  }

  /**
   * Leaves out what repeats another tensor, bit for bit; an output over the vocabulary is kept if
   * the configuration declares a separate table for it. A tensor that repeats another one which the
   * file lacks replaces it.
   */
  private void leaveOutRepeated(NameTable table, Map<String, DialectName> sources)
      throws IOException {
    boolean ownOutput = configuration.map(described -> !described.tiedEmbeddings()).orElse(false);
    for (Map.Entry<String, String> pair : table.tied().entrySet()) {
      DialectName repeated = sources.get(pair.getKey());
      DialectName target = sources.get(pair.getValue());
      if (repeated == null || (ownOutput && pair.getKey().equals(table.output()))) {
        continue;
      }
      if (target == null) {
        sources.put(pair.getValue(), repeated);
      }
      if (target == null || equal(repeated, target)) {
        sources.remove(pair.getKey());
        tied.add(repeated.name());
      }
    }
  }

  private boolean equal(DialectName one, DialectName other) throws IOException {
    TensorSpec spec = file.spec(one.name());
    if (one.layout() != other.layout() || !spec.equals(file.spec(other.name()))) {
      return false;
    }
    return file.read(one.name()).equals(file.read(other.name()));
  }

  private Optional<OptimizerState> optimizer(Map<String, DialectName> sources) throws IOException {
    Map<String, Map<String, DialectName>> bySlot = new LinkedHashMap<>();
    Map<String, String> canonicalNames =
        sources.entrySet().stream()
            .collect(Collectors.toMap(e -> e.getValue().name(), Map.Entry::getKey));
    Set<String> orphans = new LinkedHashSet<>();
    slots.forEach(
        (key, slot) -> {
          String canonical = canonicalNames.get(slot.variable());
          if (canonical == null) {
            orphans.add(key);
          } else {
            bySlot
                .computeIfAbsent(slot.name(), name -> new LinkedHashMap<>())
                .put(canonical, new DialectName(key, sources.get(canonical).layout()));
          }
        });
    bookkeeping.addAll(orphans);
    if (bySlot.isEmpty()) {
      return Optional.empty();
    }
    Map<String, NamedTensors> tensors = new LinkedHashMap<>();
    bySlot.forEach((slot, names) -> tensors.put(slot, RenamedTensors.canonical(file, names)));
    return Optional.of(new OptimizerState(tensors, step()));
  }

  private OptionalLong step() throws IOException {
    for (String word : STEPS) {
      for (String key : bookkeeping) {
        String name = key.replace(CheckpointNames.VALUE_SUFFIX, "");
        if (name.substring(name.lastIndexOf('/') + 1).equals(word)
            && file.spec(key).elementBytes() == Long.BYTES) {
          return OptionalLong.of(file.read(key).getLong(0));
        }
      }
    }
    return OptionalLong.empty();
  }
}
