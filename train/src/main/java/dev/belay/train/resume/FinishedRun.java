package dev.belay.train.resume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Results in run.json of a run that finished.
 *
 * @param step the last step
 * @param when time of its end
 * @param export the exported SavedModel
 * @param startMetrics metrics before the first step
 * @param finalMetrics metrics of the exported weights
 */
public record FinishedRun(
    long step,
    String when,
    Path export,
    Map<String, Double> startMetrics,
    Map<String, Double> finalMetrics) {

  /** Empty if the run did not come to its end, or its export is not what the run wrote. */
  public static Optional<FinishedRun> of(RunDirectory run) throws IOException {
    JsonNode facts = ConfigJson.tree(run.provenance());
    JsonNode result = facts.path(RunFact.RESULT);
    if (!facts.path(RunFact.STATUS).asText().equals(RunFact.DONE) || result.isMissingNode()) {
      return Optional.empty();
    }
    Path export = run.root().resolve(result.path("export").asText());
    return Files.isDirectory(export)
            && isWhole(export, facts.path(RunFact.EXPORT).path(RunFact.FILES))
        ? Optional.of(
            new FinishedRun(
                result.path(RunFact.STEP).asLong(),
                facts.path(RunFact.FINISHED).asText(),
                export,
                metrics(result.path("start_metrics")),
                metrics(result.path("final_metrics"))))
        : Optional.empty();
  }

  private static boolean isWhole(Path export, JsonNode files) throws IOException {
    Map<String, String> written = new TreeMap<>();
    files.properties().forEach(file -> written.put(file.getKey(), file.getValue().asText()));
    return written.isEmpty() || written.equals(Provenance.treeHashes(export));
  }

  /** As run.json keeps it; the export relative to the run directory, which may move. */
  public static Map<String, Object> fact(
      long step, Path export, Map<String, Double> startMetrics, Map<String, Double> finalMetrics) {
    Map<String, Object> fact = new LinkedHashMap<>();
    fact.put(RunFact.STEP, step);
    fact.put("export", export.getParent().getFileName() + "/" + export.getFileName());
    fact.put("start_metrics", startMetrics);
    fact.put("final_metrics", finalMetrics);
    return fact;
  }

  private static Map<String, Double> metrics(JsonNode node) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry ->
                metrics.put(
                    entry.getKey(),
                    entry.getValue().isTextual()
                        ? Double.valueOf(entry.getValue().textValue())
                        : entry.getValue().doubleValue()));
    return metrics;
  }
}
