package dev.belay.train;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.GenerationConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import dev.belay.train.data.batch.Column;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.file.Row;
import dev.belay.train.generate.DecoderTokens;
import dev.belay.train.generate.Limits;
import dev.belay.train.generate.NextTokens;
import dev.belay.train.generate.Seq2SeqTokens;
import dev.belay.train.generate.TokenSearch;
import dev.belay.train.generate.Written;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.Task;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.step.StepRunner;
import dev.belay.train.tokenize.TextTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What a language model answers: how a text goes on, what is written about it, or which words are
 * hidden in it.
 *
 * @param config the size of a batch, and how to write
 * @param runner of the model's graph
 */
record LanguageAnswers(
    EvaluateConfig config,
    RunData data,
    TrainableModel model,
    ModelGraph graph,
    StepRunner runner) {
  private static final int CANDIDATES = 5;

  /** Reads the texts of files. */
  Dataset read(List<Path> files) {
    return continues() ? data.readPrompts(files) : data.read(files, LabelRule.none());
  }

  /** Encodes texts that a program gives. */
  Dataset encode(List<Row> rows) {
    return continues() ? data.encodePrompts(rows) : data.encode(rows, LabelRule.none());
  }

  private boolean continues() {
    return graph.task().kind() == Task.Kind.CAUSAL_LM;
  }

  /** Answers each text, in their order. */
  void answer(Dataset texts, Consumer<ModelEvaluation.Prediction> sink) throws IOException {
    switch (graph.task().kind()) {
      case CAUSAL_LM -> goOn(texts, sink);
      case SEQ2SEQ -> write(texts, sink);
      default -> fill(texts, sink);
    }
  }

  private void goOn(Dataset prompts, Consumer<ModelEvaluation.Prediction> sink)
      throws IOException {
    int longest = longest();
    int feature = feature(prompts, FeatureNames.INPUT_IDS);
    List<int[]> batch = new ArrayList<>();
    for (EncodedExample example : prompts.examples()) {
      batch.add(prompt(((FeatureRow.Ints) example.features().get(feature)).values(), longest));
      if (batch.size() == config.data().evalBatchSize()) {
        write(new DecoderTokens(runner, graph.forward(), batch, longest), sink);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      write(new DecoderTokens(runner, graph.forward(), batch, longest), sink);
    }
  }

  private int longest() throws IOException {
    return model.maxSeqLength().orElse(Integer.MAX_VALUE);
  }

  /** Of a text that leaves no room for what is asked the end, since that is gone on with. */
  private int[] prompt(int[] ids, int longest) {
    int[] begun = tokenizer().withoutEnd(ids);
    int room = longest - config.generation().maxNewTokens();
    if (room < 1) {
      throw new ConfigException(
          List.of(
              "--max-new-tokens "
                  + config.generation().maxNewTokens()
                  + ": the model has room for "
                  + longest
                  + " tokens, those that it goes on with counted"));
    }
    return begun.length <= room
        ? begun
        : Arrays.copyOfRange(begun, begun.length - room, begun.length);
  }

  private void write(Dataset texts, Consumer<ModelEvaluation.Prediction> sink) {
    int start = model.decoderStart().orElseThrow();
    ForwardModel forward = graph.forward();
    for (Iterator<Batch> batches = batches(texts); batches.hasNext(); ) {
      Batch batch = batches.next();
      Seq2SeqTokens.Read read =
          new Seq2SeqTokens.Read(
              (Column.IntMatrix) batch.features().get(FeatureNames.INPUT_IDS),
              (Column.IntMatrix) batch.features().get(FeatureNames.ATTENTION_MASK));
      write(new Seq2SeqTokens(runner, forward, read, start), sink);
    }
  }

  private void write(NextTokens next, Consumer<ModelEvaluation.Prediction> sink) {
    GenerationConfig how = config.generation();
    OptionalInt end = model.endId().isPresent() ? model.endId() : tokenizer().endId();
    TokenSearch search =
        TokenSearch.of(new Limits(how.maxNewTokens(), end), how.numBeams(), how.lengthPenalty());
    for (Written text : search.write(next)) {
      sink.accept(
          new GeneratedText(
              tokenizer().decode(text.tokens()), text.logProbability(), text.tokens().length));
    }
  }

  private void fill(Dataset texts, Consumer<ModelEvaluation.Prediction> sink) {
    int mask = data.maskId();
    for (Iterator<Batch> batches = batches(texts); batches.hasNext(); ) {
      Batch batch = batches.next();
      Column.IntMatrix ids = (Column.IntMatrix) batch.features().get(FeatureNames.INPUT_IDS);
      int[] labels =
          Arrays.stream(ids.values()).map(id -> id == mask ? 0 : LabelRule.IGNORED).toArray();
      EvaluationResult answers =
          runner.choices(batch.withLabels(new Column.IntMatrix(ids.rows(), ids.columns(), labels)));
      int next = 0;
      for (int row = 0; row < ids.rows(); row++) {
        List<List<FilledMasks.Candidate>> masks = new ArrayList<>();
        for (int column = 0; column < ids.columns(); column++) {
          if (ids.get(row, column) == mask) {
            masks.add(candidates(answers, next++));
          }
        }
        sink.accept(new FilledMasks(masks));
      }
    }
  }

  private List<FilledMasks.Candidate> candidates(EvaluationResult answers, int row) {
    int words = answers.classes();
    NextTokens.Logits logits = new NextTokens.Logits(answers.logits(), words);
    double total = logits.total(row);
    return IntStream.range(0, words)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer word) -> -logits.at(row, word)))
        .limit(CANDIDATES)
        .map(
            word ->
                new FilledMasks.Candidate(
                    tokenizer().decode(new int[] {word}), Math.exp(logits.at(row, word) - total)))
        .toList();
  }

  private Iterator<Batch> batches(Dataset dataset) {
    BatchOptions options =
        BatchOptions.inOrder(config.data().evalBatchSize(), RunDatasets.PAD_TO_MULTIPLE);
    return new BatchSource(dataset, options).epoch(0);
  }

  private static int feature(Dataset dataset, String name) {
    return dataset.options().features().stream().map(f -> f.feature()).toList().indexOf(name);
  }

  private TextTokenizer tokenizer() {
    return data.required("the model answers with tokens, and to make text of them ");
  }
}
