package dev.belay.train;

import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.ModelException;
import dev.belay.train.hub.HubProgress;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.ModelUse;
import dev.belay.train.predict.GivenInputs;
import dev.belay.train.predict.GivenRows;
import dev.belay.train.predict.LoadedModel;
import dev.belay.train.predict.ModelQuery;
import dev.belay.train.task.Classification;
import dev.belay.train.task.Embedding;
import dev.belay.train.task.FilledMasks;
import dev.belay.train.task.GeneratedText;
import dev.belay.train.task.GeneratedTexts;
import dev.belay.train.task.LabelSet;
import dev.belay.train.task.Prediction;
import dev.belay.train.task.QuestionAnswer;
import dev.belay.train.task.RegressionValue;
import dev.belay.train.task.Task;
import dev.belay.train.task.TokenClassification;
import dev.belay.train.task.TokenLogits;
import dev.belay.train.task.WordLabels;
import dev.belay.train.tokenize.TextPair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;

/**
 * Owns the native memory of a loaded model, and predicts with it. Load it once, call it from any
 * number of threads, and close it to free the memory. The numbers are the same as from {@code belay
 * predict}.
 *
 * <p>A call accepts any number of texts. They are grouped into batches of similar length; the
 * predictions are in the order of the texts. The type of a prediction depends on the model's task:
 * {@link Classification}, {@link LabelSet}, {@link RegressionValue}, {@link WordLabels}, {@link
 * QuestionAnswer}, {@link FilledMasks}, {@link GeneratedText}, {@link GeneratedTexts}, {@link
 * Embedding}, or the {@link TokenLogits} of a model whose labels are not known.
 *
 * <p>Every method that predicts throws {@link dev.belay.train.data.DataException} for an input that
 * the model does not accept (the message names the input, counted from 1), {@link ModelException}
 * if the model has another task, and {@link IllegalStateException} after {@link #close}.
 */
public final class Predictor implements AutoCloseable {
  /** Words of the long text of a warm-up; the tokenizer cuts it to the longest sequence. */
  private static final int MANY = 1 << 12;

  private final EvaluateConfig config;
  private final LoadedModel loaded;

  /** Held by each call for reading: closing waits for all of them. */
  private final ReadWriteLock open = new ReentrantReadWriteLock();

  private boolean closed;

  private Predictor(EvaluateConfig config, LoadedModel loaded) {
    this.config = config;
    this.loaded = loaded;
  }

  /**
   * A question about a text.
   *
   * @param context the text that holds the answer
   */
  public record Question(String question, String context) {}

  /** Loads a model with the defaults; see {@link #load(Path, PredictorOptions)}. */
  public static Predictor load(Path model) throws IOException {
    return load(model, PredictorOptions.defaults());
  }

  /**
   * Loads a model.
   *
   * @param model a run, an export, a SavedModel, a folder or file of weights, or the name of a
   *     model of the hub, as {@code --model}
   * @throws IOException if a file cannot be read; {@link
   *     dev.belay.savedmodel.CorruptModelException} if the model is refused
   * @throws ModelException if the model cannot be used
   * @throws dev.belay.train.failure.MachineException if the native TensorFlow is missing
   */
  public static Predictor load(Path model, PredictorOptions options) throws IOException {
    return load(ModelConfig.of(model), options);
  }

  /** Loads a model with configured inputs, outputs or trust. Errors as for a path. */
  public static Predictor load(ModelConfig model, PredictorOptions options) throws IOException {
    ModelConfig located = ModelHub.ofUser(HubProgress.SILENT).locate(model);
    EvaluateConfig config = options.of(located).withoutModelLosses();
    Predictor predictor = new Predictor(config, LoadedModel.load(config, options.sandbox()));
    try {
      if (options.warmUp()) {
        predictor.warmUp();
      }
      return predictor;
    } catch (Throwable e) {
      predictor.close();
      throw e;
    }
  }

  /** The first run of a graph plans it, and the first run of a length compiles kernels. */
  private void warmUp() throws IOException {
    EvaluateConfig brief = config.withGeneration(config.generation().withMaxNewTokens(1));
    boolean answers = task().unlabelled(loaded.labels()).format().isOfQuestions();
    for (String text : List.of("a", String.join(" ", Collections.nCopies(MANY, "a")))) {
      GivenInputs inputs =
          answers
              ? ofQuestions(List.of(new Question("a", text)))
              : GivenInputs.ofRows(GivenRows.ofTexts(List.of(text)));
      try {
        task().predict(new ModelQuery(brief, loaded, inputs), prediction -> {});
      } catch (RuntimeException notOfOneText) {
        // A model of pairs or of columns, one without a tokenizer, or with fewer positions than the
        // long text has tokens: whatever it is, a call that meets it says so.
        return;
      }
    }
  }

  /** Predicts one text. */
  public Prediction predict(String text) {
    return predict(Collections.singletonList(text)).get(0);
  }

  /** Predicts each text. */
  public List<Prediction> predict(List<String> texts) {
    return predict(texts, Prediction.class);
  }

  /**
   * Predicts each text, as the record of its task.
   *
   * @param type such as {@code Classification.class}
   */
  public <P extends Prediction> List<P> predict(List<String> texts, Class<P> type) {
    return ask(texts, rows -> GivenInputs.ofRows(GivenRows.ofTexts(rows)), type);
  }

  /** Predicts each pair of texts. */
  public List<Prediction> predictPairs(List<TextPair> pairs) {
    return predictPairs(pairs, Prediction.class);
  }

  /** Predicts each pair of texts, as the record of its task. */
  public <P extends Prediction> List<P> predictPairs(List<TextPair> pairs, Class<P> type) {
    return ask(pairs, rows -> GivenInputs.ofRows(GivenRows.ofPairs(rows)), type);
  }

  /** Predicts a label for each word of each text; the texts are already divided into words. */
  public List<WordLabels> predictWords(List<List<String>> texts) {
    return ask(
        texts,
        rows -> {
          if (!(task() instanceof TokenClassification)) {
            throw new ModelException(
                config.model().path()
                    + ": predictWords needs a model that labels words, and this one is for "
                    + task().option()
                    + ": use predict");
          }
          return GivenInputs.ofRows(GivenRows.ofWords(rows));
        },
        WordLabels.class);
  }

  /**
   * Predicts each row of columns, named as in a .jsonl file: {@code input_ids} and {@code
   * attention_mask} of a tokenizer, or the model's own inputs.
   *
   * @param rows values are strings, numbers, or arrays or lists of numbers
   */
  public List<Prediction> predictRows(List<Map<String, ?>> rows) {
    return ask(rows, given -> GivenInputs.ofRows(GivenRows.ofColumns(given)), Prediction.class);
  }

  /** Answers each question with a part of its context. */
  public List<QuestionAnswer> answer(List<Question> questions) {
    return ask(questions, Predictor::ofQuestions, QuestionAnswer.class);
  }

  private static GivenInputs ofQuestions(List<Question> questions) {
    return GivenInputs.ofQuestions(
        IntStream.range(0, questions.size())
            .mapToObj(
                index ->
                    GivenRows.ofQuestion(
                        index, questions.get(index).question(), questions.get(index).context()))
            .toList());
  }

  /** Generates a text for each input with a language model. */
  public List<GeneratedText> generate(List<String> texts) {
    return predict(texts, GeneratedText.class);
  }

  /** Generates several texts for each input, where the options ask for several. */
  public List<GeneratedTexts> generateSeveral(List<String> texts) {
    return predict(texts, GeneratedTexts.class);
  }

  /** Predicts the likeliest words for the masks of each text. */
  public List<FilledMasks> fillMasks(List<String> texts) {
    return predict(texts, FilledMasks.class);
  }

  /** Names of the classes in the order of the logits; empty where they are not known. */
  public List<String> labels() {
    return loaded.labels().map(LabelMap::names).orElse(List.of());
  }

  /** Decisions about the model, its inputs and its tokenizer, for people. */
  public List<String> notes() {
    return loaded.notes(ModelUse.PREDICTION);
  }

  private Task task() {
    return loaded.graph().task();
  }

  /** Inputs as rows of a file. */
  private interface Encoder<I> {
    GivenInputs encode(List<I> inputs);
  }

  private <I, P extends Prediction> List<P> ask(List<I> inputs, Encoder<I> encoder, Class<P> type) {
    open.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(config.model().path() + ": this predictor is closed");
      }
      return inputs.isEmpty() ? List.of() : ask(encoder.encode(inputs), type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      open.readLock().unlock();
    }
  }

  private <P extends Prediction> List<P> ask(GivenInputs inputs, Class<P> type) throws IOException {
    List<P> predictions = new ArrayList<>();
    task()
        .predict(
            new ModelQuery(config, loaded, inputs),
            prediction -> predictions.add(typed(prediction, type)));
    return predictions;
  }

  private <P> P typed(Prediction prediction, Class<P> type) {
    if (!type.isInstance(prediction)) {
      throw new ModelException(
          config.model().path()
              + ": the model predicts "
              + prediction.getClass().getSimpleName()
              + ", and not "
              + type.getSimpleName());
    }
    return type.cast(prediction);
  }

  /** Waits for active calls and frees the model. A second call has no effect. */
  @Override
  public void close() {
    open.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        loaded.close();
      }
    } finally {
      open.writeLock().unlock();
    }
  }
}
