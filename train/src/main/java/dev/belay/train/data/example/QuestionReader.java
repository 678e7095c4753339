package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.tokenize.OffsetTokens;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenIds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Questions to examples: each with its context, where that is too long once for each window of it,
 * which overlap, as Hugging Face's run_qa.py does ({@code return_overflowing_tokens}, {@code
 * stride}).
 */
public final class QuestionReader {
  /** Both at the first token, [CLS]. */
  private static final int[] NO_ANSWER = {0, 0};

  private final ExampleOptions options;
  private final TextTokenizer tokenizer;
  private final int docStride;
  private final SharedRows shared = new SharedRows();
  private final List<EncodedExample> windows = new ArrayList<>();
  private int questions;
  private int unanswered;
  private int cutQuestions;
  private int lesserOverlaps;
  private int outside;
  private final List<SquadFile.Question> misplaced = new ArrayList<>();

  private QuestionReader(ExampleOptions options, TextTokenizer tokenizer, int docStride) {
    this.options = options;
    this.tokenizer = tokenizer;
    this.docStride = docStride;
  }

  /**
   * Reads files in their order; the windows of a question follow each other.
   *
   * @param files of SQuAD's form
   * @param options whose labels are questions'
   * @param docStride number of tokens that two windows share
   * @throws DataException if a file cannot be read, holds no question, or answers are wanted and a
   *     question does not say any
   */
  public static Dataset read(
      List<Path> files, ExampleOptions options, TextTokenizer tokenizer, int docStride) {
    QuestionReader reader = new QuestionReader(options, tokenizer, docStride);
    for (Path file : files) {
      SquadFile.Contents contents = SquadFile.read(file);
      contents.paragraphs().parallelStream()
          .map(reader::encode)
          .toList()
          .forEach(paragraph -> reader.add(paragraph, contents.mayLackAnswer()));
    }
    if (reader.windows.isEmpty()) {
      throw new DataException(listed(files) + ": no questions; expected at least one");
    }
    return new Dataset(
        options, List.copyOf(reader.windows), Optional.empty(), reader.notes(listed(files)));
  }

  /**
   * Encodes questions that a program asks.
   *
   * @param paragraphs at least one question
   * @throws DataException if one is not what is wanted
   */
  public static Dataset ofParagraphs(
      List<SquadFile.Paragraph> paragraphs,
      ExampleOptions options,
      TextTokenizer tokenizer,
      int docStride) {
    QuestionReader reader = new QuestionReader(options, tokenizer, docStride);
    paragraphs.forEach(paragraph -> reader.add(reader.encode(paragraph), false));
    return new Dataset(options, List.copyOf(reader.windows), Optional.empty(), List.of());
  }

  private static String listed(List<Path> files) {
    return files.stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  /** A text with its tokens and those of each question. */
  private record EncodedParagraph(
      SquadFile.Paragraph paragraph, OffsetTokens context, List<int[]> questions) {}

  private EncodedParagraph encode(SquadFile.Paragraph paragraph) {
    return new EncodedParagraph(
        paragraph,
        tokenizer.encodeWithOffsets(paragraph.context()),
        paragraph.questions().stream()
            .map(question -> tokenizer.encodeWithOffsets(question.text().stripLeading()).ids())
            .toList());
  }

  private void add(EncodedParagraph encoded, boolean mayLackAnswer) {
    List<SquadFile.Question> asked = encoded.paragraph().questions();
    if (asked.isEmpty()) {
      return;
    }
    OffsetTokens tokens = encoded.context();
    if (tokens.length() == 0) {
      throw DataException.at(asked.get(0).position(), "the context is empty; expected a text");
    }
    requireKnown(asked.get(0), "context", tokens.ids());
    Context context =
        new Context(encoded.paragraph().context(), tokens.starts(), tokens.ends(), mayLackAnswer);
    for (int i = 0; i < asked.size(); i++) {
      requireKnown(asked.get(i), "question", encoded.questions().get(i));
      add(asked.get(i), shortened(encoded.questions().get(i)), context, tokens.ids());
    }
  }

  private void requireKnown(SquadFile.Question question, String text, int[] ids) {
    int known = options.vocabularySize().orElse(Integer.MAX_VALUE);
    TokenRows.requireWithin(question.position(), text, ids, known);
  }

  private void add(SquadFile.Question question, int[] asked, Context context, int[] contextIds) {
    questions++;
    Optional<SquadFile.Answer> answer = answer(question, context);
    int size = options.maxLength() - tokenizer.pairSpecials() - asked.length;
    int overlap = overlap(size, contextIds.length);
    boolean seen = false;
    int first = 0;
    int end;
    do {
      end = Math.min(first + size, contextIds.length);
      Origin.Window window =
          new Origin.Window(
              question, context, first, end - first, tokenizer.secondStart(asked.length));
      Optional<int[]> span = answer.flatMap(found -> window.tokens(found.start(), found.end()));
      windows.add(
          encode(window, tokenizer.join(asked, Arrays.copyOfRange(contextIds, first, end)), span));
      seen |= span.isPresent();
      first += size - overlap;
    } while (end < contextIds.length);
    outside += answer.isPresent() && !seen ? 1 : 0;
  }

  /** The answer that is learned: the first, if there is one. */
  private Optional<SquadFile.Answer> answer(SquadFile.Question question, Context context) {
    if (!options.labels().format().isRead()) {
      return Optional.empty();
    }
    List<SquadFile.Answer> answers =
        question
            .answers()
            .orElseThrow(
                () ->
                    DataException.at(
                        question.position(),
                        "question '"
                            + question.id()
                            + "' has no \"answers\"; expected a list of them, or"
                            + " \"is_impossible\": true"));
    Optional<SquadFile.Answer> answer = answers.stream().findFirst();
    unanswered += answer.isEmpty() ? 1 : 0;
    if (answer.isPresent()
        && !context.part(answer.get().start(), answer.get().end()).equals(answer.get().text())) {
      misplaced.add(question);
    }
    return answer;
  }

  /** A question's tokens; the context keeps at least a quarter of the room. */
  private int[] shortened(int[] asked) {
    int room = options.maxLength() - tokenizer.pairSpecials();
    int most = room - (room + 3) / 4;
    cutQuestions += asked.length > most ? 1 : 0;
    return asked.length > most ? Arrays.copyOf(asked, most) : asked;
  }

  /** Overlap of two windows: less than requested if windows are not longer. */
  private int overlap(int size, int tokens) {
    boolean tooMuch = tokens > size && docStride >= size;
    lesserOverlaps += tooMuch ? 1 : 0;
    return tooMuch ? size / 2 : docStride;
  }

  private EncodedExample encode(Origin.Window window, TokenIds ids, Optional<int[]> span) {
    TokenRows rows =
        new TokenRows(
            new FeatureRow.Ints(ids.inputIds()),
            shared.ones(ids.length()),
            shared.of(ids.tokenTypeIds()));
    List<FeatureRow> features =
        options.features().stream()
            .<FeatureRow>map(request -> rows.row(request.feature()))
            .toList();
    Optional<FeatureRow> label =
        options.labels().format().isRead()
            ? Optional.of(new FeatureRow.Ints(span.orElse(NO_ANSWER)))
            : Optional.empty();
    return new EncodedExample(
        window.question().position(), features, label, ids.length(), ids.length(), window);
  }

  private List<String> notes(String files) {
    List<String> notes = new ArrayList<>();
    notes.add(
        files
            + ": "
            + questions
            + " questions"
            + (unanswered > 0 ? ", " + unanswered + " of them without an answer," : "")
            + " in "
            + windows.size()
            + " windows of at most "
            + options.maxLength()
            + " tokens");
    tokenizer.ambiguity().ifPresent(notes::add);
    if (cutQuestions > 0) {
      notes.add(cutQuestions + " questions were cut to three quarters of the tokens of a window");
    }
    if (lesserOverlaps > 0) {
      notes.add(
          "--doc-stride "
              + docStride
              + " leaves a window nothing new at --max-seq-length "
              + options.maxLength()
              + ": the windows of "
              + lesserOverlaps
              + " questions overlap by half");
    }
    if (outside > 0) {
      notes.add(
          outside
              + " answers are in no window as a whole: their windows have the label 'no answer'");
    }
    if (!misplaced.isEmpty()) {
      notes.add(
          misplaced.size()
              + " answers are not what stands at their answer_start, counted in code points (the"
              + " first: "
              + misplaced.get(0).position()
              + "), and the text at that position is used");
    }
    return List.copyOf(notes);
  }
}
