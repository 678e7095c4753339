package dev.belay.tools.fuzz;

import dev.belay.train.ModelInspection;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.model.ImportedModel;
import dev.belay.train.model.InputMapping;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.SavedModel;

/** A SavedModel, read to train it: its graph, checkpoint and assets, its functions expanded. */
final class ModelSubject implements Subject {
  private static final String GRAPH = "saved_model.pb";

  /** Looking through a model is the slow part of making a subject, and always ends the same. */
  private static final Map<Path, Optional<String>> SIGNATURES = new ConcurrentHashMap<>();

  private final String name;
  private final Map<Path, byte[]> files = new LinkedHashMap<>();
  private final SavedModel model;
  private final Optional<String> signature;
  private final List<Path> dirty = new ArrayList<>();

  ModelSubject(String name, Path directory) throws IOException {
    this.name = "model:" + name;
    try (Stream<Path> found = Files.walk(directory)) {
      for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
        files.put(directory.relativize(file), Files.readAllBytes(file));
      }
    }
    this.model = SavedModel.parseFrom(files.get(Path.of(GRAPH)));
    Optional<String> known = SIGNATURES.get(directory);
    this.signature = known == null ? signature(directory) : known;
    SIGNATURES.put(directory, signature);
  }

  /** Models without a default are asked for their first signature, or whatever they have. */
  private static Optional<String> signature(Path directory) throws IOException {
    ModelInspection.Contents contents = ModelInspection.inspect(directory, Set.of());
    List<String> names = contents.functions().stream().map(f -> f.name()).toList();
    return names.contains("serving_default") || names.size() == 1
        ? Optional.empty()
        : names.stream().findFirst();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    for (Path file : files.keySet()) {
      restore(folder, file);
    }
  }

  private void restore(Path folder, Path file) throws IOException {
    Path target = folder.resolve(file.toString());
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    Files.write(target, files.get(file));
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    for (Path file : dirty) {
      restore(folder, file);
    }
    dirty.clear();
    int choice = dice.below(100);
    if (choice < 60) {
      return graph(dice, folder);
    }
    if (choice < 78) {
      SavedModel.Builder changed = model.toBuilder();
      String what = MessageMutation.of(dice, changed);
      write(folder, Path.of(GRAPH), changed.build().toByteArray());
      return what;
    }
    if (choice < 88) {
      return bytes(dice, folder, Path.of(GRAPH));
    }
    if (choice < 94) {
      return bytes(dice, folder, dice.of(List.copyOf(files.keySet())));
    }
    return choice < 97 ? link(dice, folder) : nested(dice, folder);
  }

  private void write(Path folder, Path file, byte[] bytes) throws IOException {
    dirty.add(file);
    Files.write(folder.resolve(file.toString()), bytes);
  }

  private String graph(Dice dice, Path folder) throws IOException {
    SavedModel.Builder changed = model.toBuilder();
    MetaGraphDef.Builder meta = changed.getMetaGraphsBuilder(0);
    List<String> what = new ArrayList<>();
    for (int i = 0; i <= dice.below(3); i++) {
      what.add(
          dice.chance(75)
              ? GraphMutation.of(dice, meta.getGraphDefBuilder())
              : surroundings(dice, meta));
    }
    write(folder, Path.of(GRAPH), changed.build().toByteArray());
    return String.join("; ", what);
  }

  /** What is about the graph: signatures, objects, collections, assets. */
  private static String surroundings(Dice dice, MetaGraphDef.Builder meta) {
    switch (dice.below(4)) {
      case 0 -> {
        String file = dice.of(List.of("../../secret", "/etc/passwd", "..", "a\0b", "no.txt", ""));
        meta.addAssetFileDefBuilder().setFilename(file).getTensorInfoBuilder().setName("x:0");
        return "asset " + file;
      }
      case 1 -> {
        int objects = meta.getObjectGraphDef().getNodesCount();
        if (objects == 0) {
          return "no objects";
        }
        meta.getObjectGraphDefBuilder()
            .getNodesBuilder(dice.below(objects))
            .addChildrenBuilder()
            .setNodeId(dice.chance(70) ? dice.below(objects) : (int) dice.number())
            .setLocalName("hostile");
        return "object with another child";
      }
      case 2 -> {
        int objects = meta.getObjectGraphDef().getNodesCount();
        return objects == 0
            ? "no objects"
            : "object: "
                + MessageMutation.of(
                    dice, meta.getObjectGraphDefBuilder().getNodesBuilder(dice.below(objects)));
      }
      default -> {
        List<String> names = new ArrayList<>(meta.getSignatureDefMap().keySet());
        names.sort(null);
        if (names.isEmpty()) {
          return "no signatures";
        }
        String name = dice.of(names);
        var signature = meta.getSignatureDefOrThrow(name).toBuilder();
        String what = MessageMutation.of(dice, signature);
        meta.putSignatureDef(name, signature.build());
        return "signature " + name + ": " + what;
      }
    }
  }

  private String bytes(Dice dice, Path folder, Path file) throws IOException {
    ByteMutation.Changed changed = ByteMutation.of(dice, files.get(file));
    write(folder, file, changed.bytes());
    return file + ": " + changed.what();
  }

  /** A file of the model that is a link, out of it or to itself, or is not there. */
  private String link(Dice dice, Path folder) throws IOException {
    Path file = dice.of(List.copyOf(files.keySet()));
    Path target = folder.resolve(file.toString());
    dirty.add(file);
    Files.delete(target);
    String to = dice.of(List.of("/etc/passwd", "/dev/zero", target.getFileName().toString(), ""));
    if (!to.isEmpty()) {
      Files.createSymbolicLink(target, FileSystems.getDefault().getPath(to));
    }
    return file + (to.isEmpty() ? ": removed" : ": a link to " + to);
  }

  /** Bytes that a parser may follow down without end. */
  private String nested(Dice dice, Path folder) throws IOException {
    int depth = dice.of(List.of(90, 101, 1_000, 100_000));
    boolean groups = dice.chance(50);
    byte[] bytes = groups ? groups(depth) : NestedMessages.of(depth);
    byte[] pb = files.get(Path.of(GRAPH));
    write(folder, Path.of(GRAPH), ByteMutation.splice(pb, pb.length, pb.length, bytes));
    return depth + (groups ? " groups" : " messages") + " in each other";
  }

  /** Unknown groups of field 15, one in the other: two bytes a level. */
  private static byte[] groups(int depth) {
    byte[] bytes = new byte[2 * depth];
    java.util.Arrays.fill(bytes, 0, depth, (byte) (15 << 3 | 3));
    java.util.Arrays.fill(bytes, depth, 2 * depth, (byte) (15 << 3 | 4));
    return bytes;
  }

  @Override
  public void read(Path folder) throws IOException {
    // All that happens before the model is put into a native graph.
    ImportedModel read = ImportedModel.forTraining(config(folder, true));
    InputMapping.of(read.training().source(), Map.of());
    read.vocabularySize();
    read.forwardSpec();
  }

  /** A model without a head says which of its outputs is trained. */
  private Optional<String> output() {
    return name.contains("headless") ? Optional.of("pooler_output") : Optional.empty();
  }

  /**
   * How it would be trained.
   *
   * @param untried whether it may come into this process without a trial in another one
   */
  ModelConfig config(Path folder, boolean untried) {
    ModelConfig any = ModelConfig.of(folder);
    return new ModelConfig(
        folder,
        ConfigBinder.defaults(ModelConfig.Files.class),
        signature,
        any.inputs(),
        output(),
        any.head(),
        any.features(),
        any.labels(),
        any.problem(),
        any.trainable(),
        any.freeze(),
        any.dropout(),
        any.modelLosses(),
        any.adapter(),
        new ModelConfig.Trust(Set.of(), true, List.of(), Optional.empty(), untried),
        EmbeddingConfig.defaults(),
        any.loss(),
        false);
  }
}
