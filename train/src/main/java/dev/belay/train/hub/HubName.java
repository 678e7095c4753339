package dev.belay.train.hub;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a repository of the hub.
 *
 * @param repository such as {@code google-bert/bert-base-chinese}, or {@code gpt2} without an
 *     organisation
 */
record HubName(String repository) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_]([\\w.-]*\\w)?");
  private static final int LONGEST = 96;

  /** Ends of names of files, which no repository of a model has. */
  private static final Pattern FILE =
      Pattern.compile(
          ".*\\.(safetensors|h5|hdf5|pb|index|json|jsonl|bin|pt|pth|ckpt|keras|onnx|gguf|tflite"
              + "|msgpack|zip|tar|tgz|gz|bz2|xz|txt|ya?ml|git|data-\\d+-of-\\d+)");

  private static final String FOLDER = "models--";
  private static final Pattern SNAPSHOT =
      Pattern.compile(".*/" + FOLDER + "([^/]+)/snapshots/([0-9a-f]{40})(/.*)?");

  /**
   * A snapshot in a cache.
   *
   * @param commit of the repository
   */
  record Snapshot(HubName name, String commit) {}

  /** The repository that a path may mean, if nothing is there. */
  static Optional<HubName> of(Path path) {
    String text = path.toString();
    String[] parts = text.split("/", -1);
    boolean valid =
        parts.length <= 2
            && text.length() <= LONGEST
            && !text.contains("--")
            && !text.contains("..")
            && !FILE.matcher(text).matches();
    for (String part : parts) {
      valid &= PART.matcher(part).matches();
    }
    return valid ? Optional.of(new HubName(text)) : Optional.empty();
  }

  /** The snapshot that a path lies in. */
  static Optional<Snapshot> ofSnapshot(Path path) {
    Matcher parts = SNAPSHOT.matcher(path.toAbsolutePath().normalize().toString());
    return parts.matches()
        ? Optional.of(
            new Snapshot(new HubName(parts.group(1).replaceFirst("--", "/")), parts.group(2)))
        : Optional.empty();
  }

  /** Name of its folder in a cache. */
  String folder() {
    return FOLDER + repository.replace("/", "--");
  }

  /** Without an organisation, or below a folder that is there: rather a mistyped path. */
  boolean mayBePath() {
    Path parent = Path.of(repository).getParent();
    return parent == null || parent.toFile().isDirectory();
  }

  @Override
  public String toString() {
    return repository;
  }
}
