package dev.belay.train.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Commit of the model that an earlier run in the same directory has used. */
final class RecordedCommit {
  private RecordedCommit() {}

  /** The request, at the commit that a run has recorded in its config.json. */
  static HubRequest ofRun(Path directory, HubRequest request) throws IOException {
    return pinned(request, read(directory.resolve("config.json")));
  }

  /** The request, at the commit that a sweep has recorded in its sweep.json. */
  static HubRequest ofSweep(Path directory, HubRequest request) throws IOException {
    return pinned(request, read(directory.resolve("sweep.json")).path("options"));
  }

  private static HubRequest pinned(HubRequest request, JsonNode options) {
    String model = options.path("model").asText("");
    String revision = options.path("model-revision").asText(HubRequest.MAIN);
    Optional<HubName.Snapshot> recorded =
        model.isEmpty() ? Optional.empty() : HubName.ofSnapshot(Path.of(model));
    boolean same =
        recorded.isPresent()
            && HubName.of(request.path()).equals(recorded.map(HubName.Snapshot::name))
            && revision.equals(request.revisionOrMain());
    return same ? request.at(recorded.get().commit()) : request;
  }

  /** A file that is damaged is refused when the run reads it. */
  private static JsonNode read(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    if (!Files.isRegularFile(file)) {
      return json.createObjectNode();
    }
    try {
      return json.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      return json.createObjectNode();
    }
  }
}
