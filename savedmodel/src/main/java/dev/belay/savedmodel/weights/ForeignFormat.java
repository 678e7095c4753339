package dev.belay.savedmodel.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Recognizes models in formats that Belay does not read, and names the command that converts them.
 */
public final class ForeignFormat {
  private static final String LFS = "version https://git-lfs.github.com/spec/";

  /** A folder in the cache of the hub. */
  private static final Pattern SNAPSHOT =
      Pattern.compile(".*/models--([^/]+)/snapshots/([0-9a-f]{40})(/.*)?");

  private static final int MOST_FOLDERS = 8;
  private static final int MOST_NAMES = 8;

  /** Files that Hugging Face's trainer leaves beside weights. */
  private static final String OF_A_TRAINER =
      "(training_args|optimizer|scheduler|scaler|rng_state.*)\\.(bin|pt|pth)";

  /** Files that may be a pointer of git-lfs where weights should be. */
  private static final List<String> OFTEN_POINTERS =
      List.of(
          ModelFiles.SAFETENSORS,
          ModelFiles.KERAS_WEIGHTS,
          "pytorch_model.bin",
          ModelFiles.SAVED_MODEL,
          "flax_model.msgpack");

  private ForeignFormat() {}

  /**
   * Refuses what only looks like a supported model: a pointer file of git-lfs, and a folder whose
   * weights are quantised.
   *
   * @throws UnsupportedModelException if it is one of these
   */
  public static void refuseStandIns(Path path) throws IOException {
    List<Path> files =
        Files.isDirectory(path)
            ? OFTEN_POINTERS.stream().map(path::resolve).toList()
            : List.of(path);
    for (Path file : files) {
      if (Files.isRegularFile(file) && begins(file, LFS.getBytes(StandardCharsets.US_ASCII))) {
        throw new UnsupportedModelException(
            file,
            "content",
            "a pointer of git-lfs, not the file itself; run `git lfs install && git lfs pull` in"
                + " the folder that it was cloned to");
      }
    }
    Path configuration = path.resolve(ModelFiles.CONFIGURATION);
    if (Files.isDirectory(path) && holds(configuration, "quantization_config")) {
      throw new UnsupportedModelException(
          configuration,
          "quantization_config",
          "the weights are quantised, which Belay does not train; take the model that they were"
              + " made of, or save it dequantised: "
              + python(
                  path,
                  "m = getattr(t, c.architectures[0]).from_pretrained('%1$s').dequantize();"
                      + " m.save_pretrained('%1$s-float')"));
    }
  }

  /**
   * A message about what a path holds instead of weights that Belay reads, and what to do about it.
   *
   * @return empty if the content is not recognized
   */
  public static Optional<String> describe(Path path) throws IOException {
    if (!Files.exists(path)) {
      return Optional.of(absent(path.toString()));
    }
    return Files.isDirectory(path) ? folder(path) : file(path);
  }

  /** The names of a file of which no table knows one, and a guess who wrote them. */
  public static String unknownNames(Collection<String> names) {
    String guess =
        names.stream().anyMatch(name -> name.contains("layer_with_weights-"))
            ? "Keras numbers the layers of a functional model so; of the TensorFlow Model Garden's"
                + " models, Belay reads BERT. Load it in Python and save a SavedModel"
            : "name the weights of the model itself, or save it by Hugging Face's save_pretrained";
    return "the file holds "
        + names.size()
        + " under names that no known dialect has: "
        + names.stream().sorted().limit(MOST_NAMES).toList()
        + (names.size() > MOST_NAMES ? " and " + (names.size() - MOST_NAMES) + " more" : "")
        + "; "
        + guess;
  }

  /**
   * A message about a file of weights that only Python can read, and the line that converts it.
   *
   * @param name of the file
   * @param folder that it is, or will be, in
   */
  public static String pickled(String name, String folder) {
    String file = name.replace(".index.json", "");
    return name
        + ": "
        + (file.endsWith(".msgpack") ? flax(Path.of(folder)) : pytorch(Path.of(folder, file), ""));
  }

  private static String absent(String name) {
    if (name.matches("(https?|hf|s3|gs):/.*")) {
      return "an address, and Belay reads files of this machine only; download the model and name"
          + " its folder";
    }
    Matcher snapshot = SNAPSHOT.matcher(name);
    if (snapshot.matches()) {
      String repository = snapshot.group(1).replaceFirst("--", "/");
      return "is no longer in the cache of the hub; `belay inspect "
          + repository
          + " --model-revision "
          + snapshot.group(2)
          + "` downloads it again";
    }
    return "does not exist; expected a SavedModel, a Hugging Face folder, a file of weights, the"
        + " prefix of a checkpoint, a run directory, or the name of a model of the Hugging Face"
        + " hub, ORGANISATION/MODEL";
  }

  private static Optional<String> file(Path file) throws IOException {
    String name = file.getFileName().toString();
    if (name.matches(".*\\.(bin|pt|pth|ckpt)")) {
      return Optional.of(pytorch(file, name.endsWith(".ckpt") ? "['state_dict']" : ""));
    }
    if (name.endsWith(".keras")) {
      return Optional.of(keras(file));
    }
    if (name.endsWith(".msgpack")) {
      return Optional.of(flax(file.toAbsolutePath().getParent()));
    }
    if (name.endsWith(".onnx") || name.endsWith(".gguf") || name.endsWith(".tflite")) {
      return Optional.of(inferenceOnly(name));
    }
    if (name.endsWith(".zip") || begins(file, "PK\3\4".getBytes(StandardCharsets.US_ASCII))) {
      return Optional.of("an archive; unpack it and name the folder: unzip " + file);
    }
    return name.matches(".*\\.(tar|tgz|tar\\.(gz|bz2|xz))")
        ? Optional.of("an archive; unpack it and name the folder: tar -xf " + file)
        : Optional.empty();
  }

  private static Optional<String> folder(Path folder) throws IOException {
    List<Path> entries;
    try (Stream<Path> all = Files.list(folder)) {
      entries = all.sorted().toList();
    }
    if (entries.isEmpty()) {
      return Optional.of("the folder is empty; was the download finished?");
    }
    if (Files.isRegularFile(folder.resolve("adapter_config.json"))) {
      return Optional.of(
          "an adapter (adapter_config.json, as peft writes LoRA), the change of a model without the"
              + " model; name the model with --model, and this folder with --adapter "
              + folder);
    }
    if (Files.isRegularFile(folder.resolve(ModelFiles.MODULES))) {
      return Optional.of(
          "a sentence-transformers folder (modules.json) whose weights lie in the folder of its"
              + " Transformer module: name "
              + transformer(entries).orElse(folder.resolve("0_Transformer"))
              + ". Belay trains the transformer; the modules Pooling, Dense and Normalize are not"
              + " read");
    }
    String missing = MissingShards.of(folder);
    if (missing.isEmpty()
        && entries.stream().anyMatch(entry -> name(entry).matches("tf_model-.*-of-.*\\.h5"))) {
      return Optional.of(
          "tf_model.h5 in several files without "
              + ModelFiles.KERAS_INDEX
              + ", which says what they hold; download it too");
    }
    for (Path entry : entries) {
      if (Files.isRegularFile(entry) && !name(entry).matches(OF_A_TRAINER)) {
        Optional<String> found = file(entry);
        if (found.isPresent()) {
          return Optional.of("it holds " + name(entry) + ": " + found.get() + missing);
        }
      }
    }
    if (!missing.isEmpty()) {
      return Optional.of("no weights are there" + missing);
    }
    List<String> models = models(entries);
    return models.isEmpty()
        ? Optional.empty()
        : Optional.of("a model lies further below; name its folder: " + String.join(", ", models));
  }

  private static Optional<Path> transformer(List<Path> entries) {
    return entries.stream()
        .filter(Files::isDirectory)
        .filter(entry -> Files.isRegularFile(entry.resolve(ModelFiles.CONFIGURATION)))
        .filter(entry -> name(entry).contains("Transformer"))
        .findFirst();
  }

  private static List<String> models(List<Path> entries) throws IOException {
    return entries.stream()
        .filter(Files::isDirectory)
        .filter(
            entry ->
                Files.isRegularFile(entry.resolve(ModelFiles.CONFIGURATION))
                    || Files.isRegularFile(entry.resolve(ModelFiles.SAVED_MODEL)))
        .limit(MOST_FOLDERS)
        .map(Path::toString)
        .toList();
  }

  /** All files of the model: {@code pytorch_model.bin} may come in shards. */
  private static String pytorch(Path file, String key) {
    Path folder = Optional.ofNullable(file.getParent()).orElse(Path.of("."));
    String pattern =
        name(file).startsWith("pytorch_model")
            ? folder.resolve("pytorch_model*.bin").toString()
            : file.toString();
    return "weights that PyTorch pickled, which only Python can read; make model.safetensors of"
        + " them: python -c \"import glob, torch; from safetensors.torch import save_file;"
        + " save_file({k: v.clone().contiguous() for f in sorted(glob.glob('"
        + pattern
        + "')) for k, v in torch.load(f, map_location='cpu', weights_only=True)"
        + key
        + ".items()}, '"
        + folder.resolve(ModelFiles.SAFETENSORS)
        + "', {'format': 'pt'})\"";
  }

  private static String keras(Path file) {
    String target = file.toString().replaceAll("\\.keras$", "");
    return "a model as Keras 3 saves it, which only Keras can read; export it as a SavedModel:"
        + " python -c \"import keras; keras.models.load_model('"
        + file
        + "').export('"
        + target
        + "')\"";
  }

  private static String flax(Path folder) {
    return "weights of Flax; make model.safetensors of them: "
        + python(
            folder,
            "getattr(t, c.architectures[0]).from_pretrained('%1$s', from_flax=True)"
                + ".save_pretrained('%1$s', safe_serialization=True)");
  }

  private static String inferenceOnly(String name) {
    return name.replaceAll(".*\\.", "").toUpperCase(Locale.ROOT)
        + ", a format to run models in, not to train them; take the SavedModel or the safetensors"
        + " that it was made of";
  }

  private static String python(Path folder, String statement) {
    return "python -c \"import transformers as t; c = t.AutoConfig.from_pretrained('"
        + folder
        + "'); "
        + statement.formatted(folder)
        + "\"";
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  private static boolean begins(Path file, byte[] bytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(bytes, in.readNBytes(bytes.length));
    }
  }

  /** A configuration that is not JSON is refused when it is read. */
  private static boolean holds(Path configuration, String key) throws IOException {
    if (!Files.isRegularFile(configuration) || Files.size(configuration) > 1 << 20) {
      return false;
    }
    try {
      return new ObjectMapper().readTree(configuration.toFile()).has(key);
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
