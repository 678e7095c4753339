package dev.belay.tools.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A SavedModel that Python wrote, with what Python saw when it trained it: ApplyAdam, learning rate
 * 1e-3, clipped by the dense norm at 1, one batch of 4 in every step.
 *
 * @param name as tests show it
 * @param model the SavedModel
 * @param batch the batch, as a file that {@code --train-file} takes
 * @param through the function that must be trained through
 * @param options what the command line needs beyond the usual
 * @param losses of every step, before its update
 * @param norms dense gradient norms of every step, before clipping
 */
record GoldenModel(
    String name,
    Path model,
    Path batch,
    String through,
    List<String> options,
    List<Double> losses,
    List<Double> norms) {
  private static final String TRAINING_TRACE = "call_and_return_all_conditional_losses";
  private static final String SIGNATURE = "signatures/serving_default";

  /** The batches of GPT-2 have each label where the logits say it. */
  private static final List<String> SHIFTED = List.of("--causal-labels=shifted");

  static Stream<GoldenModel> all() {
    List<String> mask = List.of("--inputs=input_ids=ids,attention_mask=mask");
    return Stream.concat(
        Stream.of(
            classifier("savedmodel_keras_bert"),
            classifier("savedmodel_hf_bert"),
            module("a", mask),
            module("b", mask),
            tf1("ref"),
            tf1("resource"),
            of(
                Place.of("gpt2_tiny", "saved_model", "batch.jsonl"),
                SIGNATURE,
                SHIFTED,
                goldens -> training(goldens, "trainings/adam_dense"))),
        Stream.of("albert", "distilbert", "roberta", "electra", "gpt2", "t5")
            .map(GoldenModel::family));
  }

  /**
   * Weights without a graph: one model in the dialects of TensorFlow 1 and of Hugging Face. Its
   * gelu is by tanh where google-research/bert reads it, by the error function elsewhere.
   */
  static Stream<GoldenModel> weights() {
    String bert = "bert_tf1_ckpt";
    Path huggingFace = Fixtures.path("safetensors_bert");
    return Stream.of(
        weights("TF1", Fixtures.path(bert).resolve("model.ckpt-20"), "goldens_gelu_tanh.json"),
        weights(
            "TF1, gelu by erf",
            Fixtures.path(bert).resolve("model.ckpt-20"),
            "goldens.json",
            "--model-config=" + huggingFace.resolve("config.json")),
        weights("safetensors", huggingFace.resolve("model.safetensors"), "goldens.json"),
        weights("Hugging Face folder", huggingFace, "goldens.json", "--model-format=huggingface"),
        weights("h5", huggingFace.resolve("tf_model.h5"), "goldens.json"),
        language("gpt2", "tf_model.h5"),
        language("gpt2", "model.safetensors"),
        language("gpt2", "ckpt"),
        language("t5", "tf_model.h5"),
        language("t5", "model.safetensors"),
        language("t5", "ckpt"));
  }

  private static GoldenModel language(String family, String file) {
    Path fixture = Fixtures.path(family + "_tiny");
    return of(
        new Place(
            family + " " + file,
            fixture.resolve(file),
            fixture.resolve("batch.jsonl"),
            fixture.resolve("goldens.json")),
        "Belay's own graph of " + family,
        family.equals("gpt2") ? SHIFTED : List.of(),
        json -> training(json, "trainings/adam_dense"));
  }

  /** Families that only PyTorch has, with what it gives. */
  static Stream<GoldenModel> ofPyTorch() {
    Stream<String> decoders =
        Stream.of("llama", "smollm", "linear", "dynamic", "llama3", "yarn", "mistral", "qwen2")
            .map("decoders/"::concat);
    Stream<String> neox = Stream.of("decoders/neox", "decoders/neox_in_turn");
    Stream<String> modernBert = Fixtures.within("modernbert").stream();
    Stream<String> deberta = Fixtures.within("deberta").stream();
    Stream<String> bart = Stream.of("bart", "bart_scaled", "mbart").map("seq2seq/"::concat);
    return Stream.of(decoders, neox, modernBert, deberta, bart)
        .flatMap(names -> names)
        .map(GoldenModel::ofPyTorch);
  }

  private static GoldenModel ofPyTorch(String fixture) {
    return of(
        Place.of(fixture, "model", "batch.jsonl"),
        "Belay's own graph of ",
        List.of(),
        goldens -> training(goldens, "training"));
  }

  private static GoldenModel weights(String name, Path model, String goldens, String... options) {
    Path fixture = Fixtures.path("bert_tf1_ckpt");
    return of(
        new Place(name, model, fixture.resolve("batch.jsonl"), fixture.resolve(goldens)),
        "Belay's own graph of bert",
        Stream.concat(Stream.of(options), Stream.of("--restore-optimizer=no")).toList(),
        json -> training(json, "trainings/adam_dense"));
  }

  /** A family's golden training, with the weights of its SavedModel. */
  GoldenModel withWeights(Path folder) {
    return new GoldenModel(
        name,
        folder,
        batch,
        "Belay's own graph of " + name.replaceAll(".*/", ""),
        options,
        losses,
        norms);
  }

  static GoldenModel named(String name) {
    return all().filter(golden -> golden.name().equals(name)).findFirst().orElseThrow();
  }

  /** Where a model, its batch and its goldens lie. */
  private record Place(String name, Path model, Path batch, Path goldens) {
    static Place of(String fixture, String model, String batch) {
      return new Place(
          fixture,
          Fixtures.path(fixture, model),
          Fixtures.path(fixture, batch),
          Fixtures.path(fixture, "goldens.json"));
    }

    Place called(String other) {
      return new Place(other, model, batch, goldens);
    }
  }

  /** Losses and dense norms of a golden training. */
  private record Golden(JsonNode losses, JsonNode norms) {}

  private static Golden training(JsonNode goldens, String path) {
    JsonNode training = goldens.at("/" + path);
    return new Golden(training.get("loss"), training.get("pre_clip_norm"));
  }

  private static GoldenModel classifier(String fixture) {
    return of(
        Place.of(fixture, "saved_model", "batch.jsonl"),
        TRAINING_TRACE,
        List.of(),
        goldens -> training(goldens, "trainings/adam_dense"));
  }

  private static GoldenModel module(String batch, List<String> options) {
    String fixture = "savedmodel_tfmodule";
    return of(
        Place.of(fixture, "saved_model", "batch_" + batch + ".jsonl").called(fixture + " " + batch),
        SIGNATURE,
        options,
        goldens -> training(goldens, "batches/" + batch + "/trainings/adam_dense"));
  }

  private static GoldenModel tf1(String kind) {
    String fixture = "savedmodel_tf1";
    return of(
        Place.of(fixture, "saved_model_" + kind, "batch.jsonl").called(fixture + " " + kind),
        SIGNATURE,
        List.of(),
        goldens -> {
          JsonNode golden = goldens.get("models").get(kind);
          return new Golden(golden.get("losses_adam_1e-3_clip1"), golden.get("pre_clip_norms"));
        });
  }

  private static GoldenModel family(String family) {
    return of(
        Place.of("families/" + family, "saved_model", "batch.jsonl"),
        TRAINING_TRACE,
        family.equals("gpt2") ? SHIFTED : List.of(),
        goldens -> {
          JsonNode training = goldens.get("training");
          return new Golden(training.get("loss"), training.get("pre_clip_norm_dense"));
        });
  }

  private static GoldenModel of(
      Place place, String through, List<String> options, Function<JsonNode, Golden> find) {
    try {
      Golden golden = find.apply(Fixtures.json(place.goldens()));
      return new GoldenModel(
          place.name(),
          place.model(),
          place.batch(),
          through,
          options,
          numbers(golden.losses()),
          numbers(golden.norms()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Double> numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(i -> Fixtures.number(array.get(i))).toList();
  }

  /** The command that repeats the golden training. */
  List<String> trainCommand(int steps, Path run, String... more) {
    return Stream.of(
            Stream.of(
                "train",
                "--model=" + model,
                "--train-file=" + batch,
                "--output-dir=" + run,
                "--max-steps=" + steps,
                "--train-batch-size=4",
                "--shuffle=off",
                "--optimizer=adam",
                "--learning-rate=1e-3",
                "--lr-scheduler=constant",
                "--adam-epsilon=1e-8",
                "--weight-decay=0",
                "--max-grad-norm=1",
                "--device=cpu"),
            options.stream(),
            Stream.of(more))
        .flatMap(part -> part)
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
