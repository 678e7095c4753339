package dev.belay.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Options of a run's config.json that this Belay does not have: another version wrote them. */
public final class UnknownOptions {

  private UnknownOptions() {}

  /** Whether this Belay has no option of that name. */
  public static boolean isUnknown(String name) {
    return OptionDefinition.of(TrainConfig.class).stream()
        .noneMatch(option -> option.name().equals(name));
  }

  /**
   * Refuses a file with options that might have made the run another one than this Belay can see.
   *
   * @param names of its options
   * @throws CorruptModelException that names them, and the version that wrote them
   */
  static void refuse(Path config, Collection<String> names) throws IOException {
    List<String> unknown = names.stream().filter(UnknownOptions::isUnknown).toList();
    if (!unknown.isEmpty()) {
      throw new CorruptModelException(
          config,
          "options",
          "those that Belay " + Provenance.version() + " has",
          String.join(", ", unknown) + "; " + advice(config));
    }
  }

  /** Who wrote a config.json, and what to do about an option of it that is not known. */
  public static String advice(Path config) throws IOException {
    Optional<String> writer = writer(config);
    if (writer.isEmpty()) {
      return "no run.json beside it says which Belay wrote it: use that version, or remove the"
          + " option if the run does not need it";
    }
    return "the run was written by Belay "
        + writer.get()
        + ", this is "
        + Provenance.version()
        + ": use "
        + writer.get()
        + " for it, or remove the option from "
        + config.getFileName()
        + " if the run does not need it";
  }

  /** The version that wrote a run last, which is that of its last resume. */
  public static Optional<String> writer(Path config) throws IOException {
    Path run = config.resolveSibling(RunDirectory.PROVENANCE);
    if (!Files.isRegularFile(run)) {
      return Optional.empty();
    }
    JsonNode facts = ConfigJson.tree(run);
    JsonNode resumes = facts.path(RunFact.RESUMES);
    JsonNode last = resumes.isEmpty() ? facts : resumes.get(resumes.size() - 1);
    return Optional.ofNullable(last.get(RunFact.BELAY)).map(JsonNode::asText);
  }
}
