package dev.belay.tools.fuzz;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.FeatureRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every sound file that is broken on purpose. A new format is a class and a line here. */
final class Subjects {
  private static final List<String> MODELS =
      List.of(
          "savedmodel_keras_bert/saved_model",
          "savedmodel_hf_bert/saved_model",
          "savedmodel_tfmodule/saved_model",
          "savedmodel_tfmodule/saved_model_no_custom_gradients",
          "savedmodel_tf1/saved_model_ref",
          "savedmodel_tf1/saved_model_resource",
          "gpt2_tiny/saved_model",
          "headless_bert/saved_model");

  private static final List<String> CHECKPOINTS =
      List.of(
          "bert_tf1_ckpt/model.ckpt-20",
          "bert_tf1_ckpt/sharded.ckpt",
          "bert_tf2_ckpt/ckpt_experimental-3",
          "bert_tf2_ckpt/ckpt_legacy-3",
          "savedmodel_tf1/saved_model_ref/variables/variables");

  private static final List<String> RECORDS =
      List.of("train.tf_record", "train.tf_record.gz", "train.tf_record.zlib", "mixed.tf_record");

  private static final List<String> TOKENIZERS =
      List.of(
          "safetensors_bert/tokenizer.json",
          "tokenizer/unigram/tokenizer.json",
          "tokenizer/bytelevel/tokenizer.json",
          "safetensors_bert/vocab.txt",
          "tokenizer/vocab.txt");

  private static final List<String> WEIGHTS =
      List.of(
          "safetensors_bert/model.safetensors",
          "safetensors_bert/model_fp16.safetensors",
          "gpt2_tiny/model.safetensors",
          "t5_tiny/model.safetensors",
          "safetensors_bert/tf_model.h5",
          "gpt2_tiny/tf_model.h5",
          "t5_tiny/tf_model.h5");

  private static final String ROWS = "savedmodel_keras_bert/batch.jsonl";
  private static final String TABLE =
      """
      input_ids%1$sattention_mask%1$slabel
      "[2, 75, 3]"%1$s"[1, 1, 1]"%1$s0
      "[2, 9, 3]"%1$s"[1, 1, 0]"%1$s1
      """;
  private static final String TEXTS =
      """
      text%1$slabel
      a small text%1$sgood
      ein Text mit "Zeichen"%1$sbad
      中文 ok%1$sgood
      """;

  private Subjects() {}

  /** All models that Belay must read. */
  static List<Subject> models() throws IOException {
    List<Subject> subjects = new ArrayList<>();
    for (String model : MODELS) {
      subjects.add(new ModelSubject(model, fixture(model)));
    }
    for (String group : List.of("families", "importer")) {
      try (Stream<Path> folders = Files.list(fixture(group))) {
        for (Path folder : folders.sorted().toList()) {
          if (Files.isDirectory(folder.resolve("saved_model"))) {
            String name = group + "/" + folder.getFileName();
            subjects.add(new ModelSubject(name, folder.resolve("saved_model")));
          }
        }
      }
    }
    return subjects;
  }

  static List<Subject> checkpoints() throws IOException {
    List<Subject> subjects = new ArrayList<>();
    for (String prefix : CHECKPOINTS) {
      Path index = fixture(prefix + ".index");
      Path sibling = index.resolveSibling(index.getFileName().toString().replace(".index", ""));
      subjects.add(new CheckpointSubject(prefix, sibling));
    }
    return subjects;
  }

  static List<Subject> records() throws IOException {
    List<Subject> subjects = new ArrayList<>();
    for (String file : RECORDS) {
      subjects.add(new RecordSubject(file, fixture("tfrecord/" + file)));
    }
    return subjects;
  }

  static List<Subject> weights() throws IOException {
    List<Subject> subjects = new ArrayList<>();
    for (String file : WEIGHTS) {
      subjects.add(new WeightFileSubject(file, fixture(file)));
    }
    return subjects;
  }

  static List<Subject> tokenizers() throws IOException {
    List<Subject> subjects = new ArrayList<>();
    for (String file : TOKENIZERS) {
      subjects.add(new TokenizerSubject(file, fixture(file)));
    }
    return subjects;
  }

  static List<Subject> data() throws IOException {
    List<FeatureRequest> rows =
        List.of(FeatureRequest.ids("input_ids"), FeatureRequest.ids("attention_mask"));
    List<FeatureRequest> texts = List.of(FeatureRequest.of("text", "text", ElementType.STRING, -1));
    List<Subject> subjects = new ArrayList<>();
    subjects.add(new DataSubject("rows.jsonl", Files.readAllBytes(fixture(ROWS)), rows));
    subjects.add(new DataSubject("rows.csv", utf8(String.format(TABLE, ",")), rows));
    subjects.add(
        new DataSubject("rows.tsv", utf8(String.format(TABLE, "\t").replace("\"", "")), rows));
    subjects.add(new DataSubject("texts.csv", utf8(String.format(TEXTS, ",")), texts));
    subjects.add(new DataSubject("texts.tsv", utf8(String.format(TEXTS, "\t")), texts));
    return subjects;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Path fixture(String path) {
    return Fixtures.path(path);
  }
}
