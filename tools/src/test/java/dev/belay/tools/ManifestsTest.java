package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manifests have only fields that Kubernetes knows, and commands that Belay accepts. */
final class ManifestsTest {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String SIZE = "--cluster-size=";

  private static List<JsonNode> manifests() throws IOException {
    List<JsonNode> manifests = new ArrayList<>();
    try (Stream<Path> files = Files.list(ReadmeTest.root().resolve("examples/kubernetes"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        manifests.addAll(
            YAML.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile()).readAll());
      }
    }
    return manifests;
  }

  @Test
  void everyFieldIsKnown() throws IOException {
    JsonNode schema = schema();
    Set<String> kinds = new TreeSet<>();
    for (JsonNode manifest : manifests()) {
      String kind = manifest.path("kind").asText();
      assertEquals(Optional.empty(), problem(schema, schema.at("/kinds/" + kind), manifest, kind));
      kinds.add(kind);
    }
    Set<String> all = new TreeSet<>();
    schema.path("kinds").fieldNames().forEachRemaining(all::add);
    assertEquals(all, kinds);
  }

  @Test
  void mistakesAreFound() throws IOException {
    JsonNode schema = schema();
    for (Map.Entry<String, String> mistake :
        Map.of(
                "{apiVersion: batch/v1, kind: Job, metadata: {}, spec: {completion: 4}}",
                "Job.spec.completion: unknown",
                "{apiVersion: batch/v1, kind: Job, metadata: {}, spec: {completions: four}}",
                "Job.spec.completions: expected integer",
                "{apiVersion: batch/v2, kind: Job, metadata: {}, spec: {}}",
                "Job.apiVersion: expected one of [\"batch/v1\"]",
                "{apiVersion: batch/v1, kind: Job, metadata: {}, spec: {}}",
                "Job.spec.template: missing")
            .entrySet()) {
      JsonNode manifest = YAML.readTree(mistake.getKey());
      assertEquals(
          Optional.of(mistake.getValue()),
          problem(schema, schema.at("/kinds/Job"), manifest, "Job"));
    }
  }

  @Test
  void everyCommandIsAccepted() throws IOException {
    String config = ReadmeTest.root().resolve("examples/sentiment/train.yaml").toString();
    int commands = 0;
    for (JsonNode manifest : manifests()) {
      for (JsonNode arguments : manifest.findValues("args")) {
        List<String> command = new ArrayList<>();
        for (JsonNode argument : arguments) {
          command.add(argument.asText().replace("/work/train.yaml", config));
          if (argument.asText().startsWith(SIZE)) {
            int size = Integer.parseInt(argument.asText().substring(SIZE.length()));
            List<JsonNode> sizes = new ArrayList<>(manifest.findValues("completions"));
            sizes.addAll(manifest.findValues("numNodes"));
            assertEquals(size, sizes.get(0).asInt(), command::toString);
          }
        }
        ProgramRun run = ProgramRun.of(new FakeTrainApi(), command.toArray(new String[0]));
        assertEquals(0, run.code(), run::err);
        commands++;
      }
    }
    assertTrue(commands >= 5, "only " + commands + " commands were found");
  }

  private static JsonNode schema() throws IOException {
    return new ObjectMapper()
        .readTree(
            ReadmeTest.root().resolve("tools/src/test/fixtures/kubernetes/schema.json").toFile());
  }

  /** The first that is not as the schema has it. */
  private static Optional<String> problem(
      JsonNode schema, JsonNode type, JsonNode value, String place) {
    if (type.has("$ref")) {
      return problem(schema, schema.at("/types/" + type.path("$ref").asText()), value, place);
    }
    String expected = type.path("type").asText();
    if (!isA(value, expected)) {
      return Optional.of(place + ": expected " + expected);
    }
    if (type.has("enum") && !contains(type.path("enum"), value)) {
      return Optional.of(place + ": expected one of " + type.path("enum"));
    }
    for (JsonNode item : value.isArray() ? value : List.<JsonNode>of()) {
      Optional<String> found = problem(schema, type.path("items"), item, place + "[]");
      if (found.isPresent()) {
        return found;
      }
    }
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      String name = place + "." + field.getKey();
      JsonNode inner = type.path("properties").path(field.getKey());
      inner = inner.isMissingNode() ? type.path("values") : inner;
      Optional<String> found =
          inner.isMissingNode()
              ? Optional.of(name + ": unknown")
              : problem(schema, inner, field.getValue(), name);
      if (found.isPresent()) {
        return found;
      }
    }
    for (JsonNode required : type.path("required")) {
      if (!value.has(required.asText())) {
        return Optional.of(place + "." + required.asText() + ": missing");
      }
    }
    return Optional.empty();
  }

  private static boolean isA(JsonNode value, String type) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "integer" -> value.isIntegralNumber();
      case "boolean" -> value.isBoolean();
      case "string" -> value.isTextual();
      default -> false;
    };
  }

  private static boolean contains(JsonNode values, JsonNode value) {
    for (JsonNode one : values) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }
}
