package dev.belay.tools.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.tools.ProgramRun;
import dev.belay.tools.failure.ExitCode;
import dev.belay.tools.failure.Failure;
import dev.belay.train.tokenize.TextPair;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenIds;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs one case: a folder with case.json, whose runs Belay makes and whose expectations Python
 * computed. {@code tools/src/differential/README.md} has the format.
 */
final class CaseRun {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What begins an argument that is a path within the case's folder. */
  private static final String HERE = "@/";

  private static final Set<Integer> REFUSALS =
      Set.of(ExitCode.USAGE.code(), ExitCode.INPUT.code(), ExitCode.MACHINE.code());

  private final Path folder;

  CaseRun(Path folder) {
    this.folder = folder;
  }

  /** Makes the runs of the case in their order, up to the first that does not end as it should. */
  Verdict run() throws IOException {
    for (JsonNode run : read(folder.resolve("case.json")).path("runs")) {
      Verdict verdict = run(run);
      if (!verdict.isEqual()) {
        return verdict;
      }
    }
    return Verdict.EQUAL;
  }

  private Verdict run(JsonNode run) throws IOException {
    boolean tokenizes = run.has("tokenize");
    List<String> arguments = tokenizes ? List.of("tokenize") : arguments(run.path("arguments"));
    Ended ended = tokenizes ? tokenize(run.path("tokenize")) : program(arguments);
    List<JsonNode> expectations = expectations(run.path("expect"));
    Verdict first = verdict(expectations.get(0), arguments, ended);
    for (JsonNode other : expectations.subList(1, expectations.size())) {
      if (first.isEqual()) {
        break;
      }
      Verdict verdict = verdict(other, arguments, ended);
      first = verdict.isEqual() ? verdict : first;
    }
    return first;
  }

  private static List<JsonNode> expectations(JsonNode expect) {
    List<JsonNode> all = new ArrayList<>();
    expect.path("any_of").forEach(all::add);
    return all.isEmpty() ? List.of(expect) : all;
  }

  /**
   * How a run ended.
   *
   * @param code the exit code
   * @param out standard output, or the result of a tokenizer as JSON
   * @param err standard error
   */
  private record Ended(int code, String out, String err) {
    /** The message of an error: the last line that Belay wrote. */
    String message() {
      String text = err.strip();
      return text.substring(text.lastIndexOf('\n') + 1);
    }
  }

  private static Ended program(List<String> arguments) {
    ProgramRun ended = ProgramRun.of(arguments);
    return new Ended(ended.code(), ended.out(), ended.err());
  }

  private Ended tokenize(JsonNode request) {
    Path model = Path.of(resolved(request.path("tokenizer").asText()));
    ArrayNode ids = JSON.createArrayNode();
    ArrayNode types = JSON.createArrayNode();
    try (TextTokenizer tokenizer =
        TextTokenizer.open(
            TokenizerFinder.given(model), request.path("max_length").asInt(), Optional.empty())) {
      for (JsonNode text : request.path("texts")) {
        TokenIds encoded =
            tokenizer.encode(
                text.isArray()
                    ? TextPair.of(text.get(0).asText(), text.get(1).asText())
                    : TextPair.of(text.asText()));
        ids.add(JSON.valueToTree(encoded.inputIds()));
        types.add(JSON.valueToTree(encoded.tokenTypeIds()));
      }
    } catch (RuntimeException e) {
      Failure failure = Failure.of(e);
      return new Ended(failure.code().code(), "", failure.message());
    }
    ObjectNode result = JSON.createObjectNode();
    result.set("ids", ids);
    result.set("types", types);
    return new Ended(ExitCode.DONE.code(), result.toString(), "");
  }

  private Verdict verdict(JsonNode expect, List<String> arguments, Ended ended) throws IOException {
    String what = String.join(" ", arguments.subList(0, 1));
    boolean refused = REFUSALS.contains(ended.code());
    if (expect.path("refused").asBoolean()) {
      return refused
          ? Verdict.EQUAL
          : Verdict.different(what + ": has to be refused, ended with " + ended.code());
    }
    if (refused) {
      return new Verdict(Verdict.Kind.REFUSED, what + ": " + ended.message());
    }
    if (ended.code() == ExitCode.DEFECT.code()) {
      return new Verdict(Verdict.Kind.CRASHED, what + ": " + ended.err().strip());
    }
    if (ended.code() != ExitCode.DONE.code()) {
      return Verdict.different(what + ": ended with " + ended.code() + ": " + ended.message());
    }
    return difference(expect, arguments, ended)
        .map(difference -> Verdict.different(what + ": " + difference))
        .orElse(Verdict.EQUAL);
  }

  private Optional<String> difference(JsonNode expect, List<String> arguments, Ended ended)
      throws IOException {
    JsonComparison comparison = JsonComparison.of(expect);
    if (expect.has("logits")) {
      return comparison.difference("logits", expect.get("logits"), column("logits", ended));
    }
    if (expect.has("vectors")) {
      return comparison.difference("vector", expect.get("vectors"), column("embedding", ended));
    }
    if (expect.has("lines")) {
      return comparison.difference("line", expect.get("lines"), lines(ended.out()));
    }
    if (expect.has("steps")) {
      return comparison.difference("step", expect.get("steps"), steps(arguments));
    }
    if (expect.has("metrics")) {
      return comparison.difference(
          "metrics", expect.get("metrics"), JSON.readTree(ended.out()).path("metrics"));
    }
    if (expect.has("ids")) {
      return comparison.difference("tokens", expect, keep(expect, JSON.readTree(ended.out())));
    }
    return Optional.empty();
  }

  /** The expectation with the results of a tokenizer in place of what is right. */
  private static JsonNode keep(JsonNode expect, JsonNode found) {
    ObjectNode all = expect.deepCopy();
    found.properties().forEach(entry -> all.set(entry.getKey(), entry.getValue()));
    return all;
  }

  private static JsonNode column(String name, Ended ended) throws IOException {
    ArrayNode all = JSON.createArrayNode();
    lines(ended.out()).forEach(line -> all.add(line.path(name)));
    return all;
  }

  /** The updates of the run directory that the arguments name. */
  private static JsonNode steps(List<String> arguments) throws IOException {
    Path run = Path.of(arguments.get(arguments.indexOf("--output-dir") + 1));
    ArrayNode updates = JSON.createArrayNode();
    for (JsonNode line : lines(Files.readString(run.resolve("metrics.jsonl")))) {
      if (line.path("event").asText().equals("train")) {
        updates.add(line);
      }
    }
    return updates;
  }

  private static JsonNode lines(String text) throws IOException {
    ArrayNode all = JSON.createArrayNode();
    for (String line : text.lines().toList()) {
      if (!line.isBlank()) {
        all.add(JSON.readTree(line));
      }
    }
    return all;
  }

  private List<String> arguments(JsonNode node) {
    List<String> all = new ArrayList<>();
    node.forEach(argument -> all.add(resolved(argument.asText())));
    return all;
  }

  private String resolved(String argument) {
    return argument.startsWith(HERE)
        ? folder.resolve(argument.substring(HERE.length())).toString()
        : argument;
  }

  private static JsonNode read(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }
}
