package dev.belay.train.data.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads questions about texts in the form of SQuAD, versions 1.1 and 2.0: {@code {"version": ..,
 * "data": [{"paragraphs": [{"context": .., "qas": [{"id": .., "question": .., "is_impossible": ..,
 * "answers": [{"text": .., "answer_start": ..}]}]}]}]}}; and in the flat form of Hugging Face's
 * datasets, a question with its context in each object.
 */
public final class SquadFile {
  private static final int MOST_NESTED = 100;
  private static final String QUESTION = "question";

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MOST_NESTED).build())
                  .build())
          .build();

  private static final String FORM =
      "expected SQuAD's {\"data\": [{\"paragraphs\": [{\"context\": .., \"qas\": [..]}]}]}, or"
          + " objects {\"id\": .., \"question\": .., \"context\": .., \"answers\": {\"text\": [..],"
          + " \"answer_start\": [..]}} in a list, in \"data\", or one per line";

  private final Path file;
  private final List<Paragraph> paragraphs = new ArrayList<>();
  private String version = "";
  private long questions;

  private SquadFile(Path file) {
    this.file = file;
  }

  /**
   * Contents of a file.
   *
   * @param mayLackAnswer whether questions may have no answer: by the file's version, or because
   *     one of them has none
   */
  public record Contents(List<Paragraph> paragraphs, boolean mayLackAnswer) {}

  /** A text with the questions about it. */
  public record Paragraph(String context, List<Question> questions) {}

  /**
   * A question.
   *
   * @param answers none for one that has no answer; empty if the file does not say
   */
  public record Question(
      SourcePosition position, String id, String text, Optional<List<Answer>> answers) {}

  /**
   * An answer, a part of the context.
   *
   * @param start its first character, counted in code points
   */
  public record Answer(String text, int start) {
    /** One past its last character. */
    public int end() {
      return start + text.codePointCount(0, text.length());
    }
  }

  /**
   * Reads a file.
   *
   * @param file .json or .jsonl, also with .gz behind it
   * @throws DataException if it cannot be read or is not of that form
   */
  public static Contents read(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (!name.matches(".*\\.jsonl?(\\.gz)?")) {
      throw new DataException(
          file
              + ": questions are read from SQuAD's .json, or from .jsonl with one question per"
              + " line, also with .gz behind it; convert it");
    }
    DataFile.requireReadable(file);
    return new SquadFile(file).read();
  }

  private Contents read() {
    try (InputStream bytes = DataFile.bytes(file);
        JsonParser parser = JSON.createParser(bytes)) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.START_ARRAY) {
        articles(parser);
      } else {
        require(first == JsonToken.START_OBJECT, parser);
        objects(parser);
      }
    } catch (IOException e) {
      throw DataFile.failure(file, e);
    }
    boolean says = version.matches("v?2(\\..*)?");
    return new Contents(List.copyOf(paragraphs), says || holdsQuestionWithoutAnswer());
  }

  /** The object that contains all, or a sequence of questions. */
  private void objects(JsonParser parser) throws IOException {
    boolean found = false;
    ObjectNode others = JSON.createObjectNode();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("data")) {
        articles(parser);
        found = true;
      } else {
        others.set(name, JSON.readTree(parser));
      }
    }
    version = others.path("version").asText("");
    require(found || others.has(QUESTION), parser);
    if (!found) {
      paragraphs.add(row(others));
      while (parser.nextToken() != null) {
        require(parser.currentToken() == JsonToken.START_OBJECT, parser);
        paragraphs.add(row(JSON.readTree(parser)));
      }
    }
  }

  private boolean holdsQuestionWithoutAnswer() {
    return paragraphs.stream()
        .flatMap(paragraph -> paragraph.questions().stream())
        .anyMatch(question -> question.answers().map(List::isEmpty).orElse(false));
  }

  private void require(boolean isSo, JsonParser parser) {
    if (!isSo) {
      throw DataException.at(
          SourcePosition.line(file, parser.currentLocation().getLineNr()), "no questions: " + FORM);
    }
  }

  private void articles(JsonParser parser) throws IOException {
    require(parser.currentToken() == JsonToken.START_ARRAY, parser);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_OBJECT, parser);
      ObjectNode row = JSON.createObjectNode();
      boolean article = false;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals("paragraphs")) {
          paragraphs(parser);
          article = true;
        } else {
          row.set(name, JSON.readTree(parser));
        }
      }
      require(article || row.has(QUESTION), parser);
      if (!article) {
        paragraphs.add(row(row));
      }
    }
  }

  private void paragraphs(JsonParser parser) throws IOException {
    require(parser.currentToken() == JsonToken.START_ARRAY, parser);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(parser.currentToken() == JsonToken.START_OBJECT, parser);
      paragraphs.add(paragraph(JSON.readTree(parser)));
    }
  }

  /** A question with its context in one object, as Hugging Face's run_qa.py reads its files. */
  private Paragraph row(JsonNode node) {
    SourcePosition position = SourcePosition.question(file, ++questions);
    String context = text(node, "context", position);
    return new Paragraph(context, List.of(question(node, context, position)));
  }

  private Paragraph paragraph(JsonNode node) {
    SourcePosition next = SourcePosition.question(file, questions + 1);
    String context = text(node, "context", next);
    List<Question> asked = new ArrayList<>();
    for (JsonNode question : list(node, "qas", next)) {
      asked.add(question(question, context, SourcePosition.question(file, ++questions)));
    }
    return new Paragraph(context, asked);
  }

  private Question question(JsonNode node, String context, SourcePosition position) {
    String id = node.path("id").isNumber() ? node.get("id").asText() : text(node, "id", position);
    Optional<List<Answer>> answers = Optional.empty();
    if (node.path("is_impossible").asBoolean()) {
      answers = Optional.of(List.of());
    } else if (node.hasNonNull("answers")) {
      List<Answer> given = new ArrayList<>();
      for (JsonNode answer : answers(node.get("answers"), node, position)) {
        given.add(answer(answer, context, position));
      }
      answers = Optional.of(given);
    }
    return new Question(position, id, text(node, QUESTION, position), answers);
  }

  /** A list of objects, or one object with a list for each of their fields. */
  private static JsonNode answers(JsonNode given, JsonNode question, SourcePosition position) {
    if (!given.isObject()) {
      return list(question, "answers", position);
    }
    JsonNode texts = list(given, "text", position);
    JsonNode starts = list(given, "answer_start", position);
    if (texts.size() != starts.size()) {
      throw DataException.at(
          position,
          "\"answers\" has "
              + texts.size()
              + " elements in \"text\" and "
              + starts.size()
              + " in \"answer_start\"; expected as many");
    }
    ArrayNode answers = JSON.createArrayNode();
    for (int i = 0; i < texts.size(); i++) {
      ObjectNode answer = answers.addObject();
      answer.set("text", texts.get(i));
      answer.set("answer_start", starts.get(i));
    }
    return answers;
  }

  private static Answer answer(JsonNode node, String context, SourcePosition position) {
    JsonNode start = node.path("answer_start");
    if (!start.canConvertToInt() || !start.isIntegralNumber()) {
      throw DataException.at(
          position, "an answer has no \"answer_start\"; expected the place of its first character");
    }
    Answer answer = new Answer(text(node, "text", position), start.intValue());
    int length = context.codePointCount(0, context.length());
    if (answer.text().isEmpty() || answer.start() < 0 || answer.end() > length) {
      throw DataException.at(
          position,
          "the answer '"
              + answer.text()
              + "' at character "
              + answer.start()
              + " does not lie in its context of "
              + length
              + " characters; for a question without an answer give \"is_impossible\": true");
    }
    return answer;
  }

  private static String text(JsonNode node, String field, SourcePosition position) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw DataException.at(
          position, "expected a string as \"" + field + "\", found " + shown(value) + "; " + FORM);
    }
    return value.textValue();
  }

  private static JsonNode list(JsonNode node, String field, SourcePosition position) {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw DataException.at(
          position, "expected a list as \"" + field + "\", found " + shown(value) + "; " + FORM);
    }
    return value;
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "nothing" : value.getNodeType().name().toLowerCase(Locale.ROOT);
  }
}
