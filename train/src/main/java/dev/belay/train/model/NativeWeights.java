package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.NameTable;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.names.RestoreReport;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.JoinedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.savedmodel.weights.ForeignFormat;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.train.adapter.StoredAdapter;
import dev.belay.train.step.TensorSpecs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tensorflow.proto.framework.DataType;

/**
 * The weights that a model which Belay builds takes from its files.
 *
 * @param stored float32, by canonical name
 * @param names those of them that are not to be ignored
 * @param factors those of an adapter, which a graph without adapters does not read
 */
record NativeWeights(NamedTensors stored, Set<String> names, Set<String> factors)
    implements NamedTensors {
  private static final String ADVICE =
      "; what a layer does with them is not computed: --ignore-weights REGEX leaves them out";

  /**
   * The weights of files.
   *
   * @param ignored names that are left out, as files or tables have them
   * @param notes receives a note for what is left out
   * @throws UnsupportedModelException if the files have parts of the model that no table knows
   */
  static NativeWeights of(ModelWeights read, Optional<Pattern> ignored, ModelNotes notes)
      throws IOException {
    requireSaidFamily(read);
    requireSaidType(read);
    List<String> unknown = new ArrayList<>(read.leftovers().unknown());
    List<String> unread = new ArrayList<>(read.leftovers().unknownBase());
    unread.removeIf(name -> matches(ignored, name));
    if (!unread.isEmpty()) {
      throw new UnsupportedModelException(
          read.location().path(),
          "weights",
          unread.size()
              + " tensors are named as parts of the model, and Belay's graph of "
              + read.naming().map(naming -> naming.family().modelType()).orElse("it")
              + " has no such parts: "
              + unread
              + ADVICE);
    }
    Set<String> names = new LinkedHashSet<>(read.canonical().names());
    names.removeIf(
        name -> matches(ignored, name) || matches(ignored, read.storedNames().get(name)));
    List<String> left = new ArrayList<>(read.canonical().names());
    left.removeAll(names);
    unknown.stream().filter(name -> matches(ignored, name)).forEach(left::add);
    unknown.removeIf(left::contains);
    if (!left.isEmpty()) {
      notes.add("left out, by --ignore-weights: " + left);
    }
    if (!unknown.isEmpty()) {
      notes.add("tensors that no table of names knows, left out: " + unknown);
    }
    return new NativeWeights(new FloatWidening(read.canonical()), names, Set.of());
  }

  /** The same with the tensors of an adapter, which come before those of the files. */
  NativeWeights with(Optional<StoredAdapter> adapter) {
    if (adapter.isEmpty()) {
      return this;
    }
    Set<String> all = new LinkedHashSet<>(names);
    all.addAll(adapter.get().tensors().names());
    return new NativeWeights(
        new JoinedTensors(adapter.get().tensors(), stored), all, adapter.get().factors());
  }

  /** Refuses weights whose names say another family than the configuration. */
  private static void requireSaidFamily(ModelWeights read) throws UnsupportedModelException {
    if (read.naming().isEmpty()) {
      return;
    }
    Naming naming = read.naming().get();
    List<String> before =
        List.of(naming.prefix().split(Pattern.quote("" + naming.dialect().separator())));
    for (Family family : Family.values()) {
      Optional<String> word = NameTable.of(family).tellingWord(naming.dialect());
      boolean own = word.equals(NameTable.of(naming.family()).tellingWord(naming.dialect()));
      if (word.isPresent() && !own && before.contains(word.get())) {
        throw new UnsupportedModelException(
            read.location().path(),
            "weights",
            "are named as those of a "
                + family.modelType()
                + " ("
                + naming.prefix()
                + "), and config.json describes a "
                + naming.family().modelType()
                + ": name the configuration that belongs to them with --model-config");
      }
    }
  }

  /**
   * Refuses weights that one version of transformers rounds to the type that the configuration
   * names, and another does not.
   */
  private static void requireSaidType(ModelWeights read) throws UnsupportedModelException {
    boolean pytorch =
        read.naming().map(naming -> naming.dialect() == Dialect.PYTORCH).orElse(false)
            && read.savedModel().isEmpty();
    Optional<DataType> said = read.configuration().flatMap(ModelConfiguration::halfPrecision);
    if (!pytorch || said.isEmpty()) {
      return;
    }
    List<String> wider =
        read.canonical().names().stream()
            .filter(name -> read.canonical().spec(name).dtype() != said.get())
            .toList();
    if (!wider.isEmpty()) {
      throw new UnsupportedModelException(
          read.location().path(),
          "weights",
          "config.json names "
              + said.get()
              + " as their type (dtype or torch_dtype), and "
              + wider.size()
              + " are of another, such as "
              + wider.get(0)
              + ", "
              + read.canonical().spec(wider.get(0)).dtype()
              + ": transformers 5 rounds them, transformers 4 does not; set the key to the type"
              + " that they have, or leave it out");
    }
  }

  private static boolean matches(Optional<Pattern> ignored, String name) {
    return ignored.isPresent() && ignored.get().matcher(name).find();
  }

  /**
   * Every weight of the body comes from the file, and all that the file has of the body is used.
   */
  void requireRestored(ForwardModel forward, NativeBody body, Path file) throws IOException {
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    forward.variables().all().stream()
        .filter(variable -> !forward.isAdapter(variable.name()) || names.contains(variable.name()))
        .forEach(variable -> wanted.put(variable.name(), TensorSpecs.of(variable)));
    RestoreReport all = RestoreReport.compare(wanted, this, Set.of());
    List<String> unexpected =
        all.unexpected().stream()
            .filter(name -> body.holds(name) && !NativeHead.isPooler(name))
            .filter(name -> !factors.contains(name))
            .toList();
    RestoreReport ofBody =
        new RestoreReport(all.restored(), all.missing(), unexpected, all.wrongShape(), List.of());
    if (!ofBody.isComplete()) {
      throw new UnsupportedModelException(
          file,
          "weights",
          ofBody.describe()
              + (all.restored().isEmpty() ? "; " + ForeignFormat.unknownNames(names) : "")
              + (unexpected.isEmpty() ? "" : ADVICE));
    }
  }

  /** Those that neither body nor head reads. */
  List<String> unused(ForwardModel forward, NativeHead head) {
    Set<String> rest = new TreeSet<>(names);
    forward.variables().forEach(variable -> rest.remove(variable.name()));
    rest.removeIf(name -> head.reads(name) || factors.contains(name));
    return List.copyOf(rest);
  }

  @Override
  public TensorSpec spec(String name) {
    return stored.spec(name);
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return stored.read(name);
  }

  @Override
  public TensorPieces pieces(String name) {
    return stored.pieces(name);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return stored.readStrings(name);
  }
}
