package dev.belay.train.run;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.cluster.Cluster;
import dev.belay.train.cluster.Workers;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunFact;
import dev.belay.train.resume.RunStart;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Owns this process's part in a run of several workers; for a run of one process, it does nothing.
 * Before the first step the workers compare their options, model and data, and learn from the chief
 * where the run starts.
 */
public final class RunWorkers implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

  /** Facts that must be the same; those with files are compared by their contents. */
  private static final List<String> COMPARED =
      List.of(
          RunFact.TENSORFLOW,
          RunFact.MODEL,
          RunFact.TRAIN_FILES,
          RunFact.VALIDATION_FILES,
          RunFact.TOKENIZER,
          RunFact.TOKENIZER_SETTINGS,
          RunFact.TRAIN_EXAMPLES,
          RunFact.VALIDATION_EXAMPLES,
          RunFact.LABELS);

  private final Optional<Workers> workers;

  private RunWorkers(Optional<Workers> workers) {
    this.workers = workers;
  }

  /**
   * Joins the other workers.
   *
   * @param cluster empty for one process
   * @param facts entries of run.json about model and data
   * @throws ModelException if a worker has other options, another model or other data
   */
  public static RunWorkers join(
      Optional<Cluster> cluster, TrainConfig config, StopRequest stop, Map<String, Object> facts)
      throws IOException {
    if (cluster.isEmpty()) {
      return new RunWorkers(Optional.empty());
    }
    Workers workers = Workers.join(cluster.get(), config, stop);
    try {
      requireSame(workers, compared(config, facts));
      return new RunWorkers(Optional.of(workers));
    } catch (Throwable e) {
      workers.close();
      throw e;
    }
  }

  /** Who makes each update. */
  public WorkerGroup group() {
    return workers.isPresent() ? workers.get() : WorkerGroup.ALONE;
  }

  /** What a person should know about the port of this worker; empty for one process. */
  public Optional<String> warning() {
    return workers.map(
        all ->
            "port "
                + all.cluster().own().port()
                + " of this machine is open on every network until the run ends, and whoever"
                + " reaches it can read and write files as this user: let a firewall or"
                + " NetworkPolicy admit the other workers alone, see docs/operating.md");
  }

  /** Adds the addresses of several workers to the facts of run.json. */
  public void describe(Map<String, Object> facts) {
    workers.ifPresent(
        all ->
            facts.put(
                RunFact.WORKERS,
                all.cluster().members().stream().map(Cluster.Member::address).toList()));
  }

  /** Finds the start of a run. */
  public interface StartSearch {
    RunStart find() throws IOException;
  }

  /**
   * The start of the run, which the chief finds. The others read the same checkpoint.
   *
   * @throws ModelException if this worker cannot read it
   */
  public RunStart start(StartSearch search) throws IOException {
    if (workers.isEmpty()) {
      return search.find();
    }
    if (workers.get().isChief()) {
      RunStart start = search.find();
      Map<String, Object> told = new LinkedHashMap<>();
      told.put("finished", start.finished());
      told.put("changed", start.changed());
      start
          .checkpoint()
          .ifPresent(from -> told.put("checkpoint", from.directory().toAbsolutePath().toString()));
      workers.get().ofChief(JSON.writeValueAsBytes(told));
      return start;
    }
    JsonNode told = JSON.readTree(workers.get().ofChief(new byte[0]));
    Optional<Checkpoint> checkpoint = Optional.empty();
    if (told.has("checkpoint")) {
      checkpoint = Optional.of(open(Path.of(told.path("checkpoint").asText())));
    }
    return new RunStart(
        checkpoint,
        false,
        told.path("finished").asBoolean(),
        told.path("changed").asBoolean(),
        List.of());
  }

  private Checkpoint open(Path checkpoint) throws IOException {
    if (!Files.isDirectory(checkpoint)) {
      throw new ModelException(
          "worker "
              + group().index()
              + " cannot read "
              + checkpoint
              + ", from which the chief resumes: put --output-dir on a file system that all workers"
              + " share, under the same path");
    }
    return Checkpoint.open(checkpoint);
  }

  private static Map<String, String> compared(TrainConfig config, Map<String, Object> facts)
      throws IOException {
    Map<String, String> compared = new LinkedHashMap<>();
    compared.put(RunFact.BELAY, Provenance.version());
    for (String name : COMPARED) {
      compared.put(name, contents(JSON.valueToTree(facts.get(name))));
    }
    Map<String, List<String>> texts = ConfigBinder.texts(config);
    for (OptionDefinition option : OptionDefinition.of(TrainConfig.class)) {
      if (isShared(option, ConfigBinder.texts(config.machine()).keySet())) {
        compared.put("--" + option.name(), String.valueOf(texts.get(option.name())));
      }
    }
    return compared;
  }

  /**
   * Whether all workers need the same value: where results depend on it, or when a worker evaluates
   * or stops. Each may have its own device and threads.
   */
  private static boolean isShared(OptionDefinition option, Set<String> ofMachine) {
    return switch (option.option().onResume()) {
      case REFUSE -> true;
      case LOG -> !ofMachine.contains(option.name());
      default -> false;
    };
  }

  /** Hashes in the order of the files, which may lie elsewhere on another machine. */
  private static String contents(JsonNode fact) {
    List<String> hashes = fact.findValuesAsText(RunFact.SHA256);
    return hashes.isEmpty() ? fact.toString() : hashes.toString();
  }

  private static void requireSame(Workers workers, Map<String, String> mine) throws IOException {
    Map<String, String> chiefs =
        JSON.readValue(workers.ofChief(JSON.writeValueAsBytes(mine)), TEXTS);
    List<String> names = new ArrayList<>(chiefs.keySet());
    int other = 0; // 1 + the number of the first that is not the same
    for (int i = names.size() - 1; i >= 0; i--) {
      if (!chiefs.get(names.get(i)).equals(mine.get(names.get(i)))) {
        other = i + 1;
      }
    }
    int[] others = workers.numberOfEach(other);
    for (int worker = 0; worker < others.length; worker++) {
      if (others[worker] > 0) {
        String name = names.get(others[worker] - 1);
        throw new ModelException(
            "worker "
                + worker
                + " differs from the chief in '"
                + name
                + "'"
                + (worker == workers.index()
                    ? ": here " + mine.get(name) + ", there " + chiefs.get(name)
                    : "")
                + ". All workers need the same Belay, options, model and data");
      }
    }
  }

  @Override
  public void close() {
    workers.ifPresent(Workers::close);
  }
}
