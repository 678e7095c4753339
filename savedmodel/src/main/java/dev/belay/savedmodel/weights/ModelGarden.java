package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tensorflow.ndarray.Shape;

/**
 * A checkpoint of a BERT of the TensorFlow Model Garden, under the paths that Hugging Face's Keras
 * model would give it. Weights of attention, [hidden, heads, size] and [heads, size, hidden], lie
 * in the file as [hidden, heads * size] and [heads * size, hidden] do.
 *
 * <p>Source: {@code official/nlp/modeling/networks/bert_encoder.py} of tf-models-official 2.10.1.
 * Its functional encoder numbers its layers, and that of version 2 names them.
 */
final class ModelGarden implements NamedTensors {
  private static final String SLOT = "/.OPTIMIZER_SLOT/";
  private static final Pattern NUMBERED = Pattern.compile("layer_with_weights-(\\d{1,4})/(.+)");
  private static final Pattern QUERY =
      Pattern.compile(
          "(|.*/)(layer_with_weights-4|_transformer_layers/0)"
              + "/_attention_layer/_query_dense/kernel");

  /** Layers of the functional encoder before its blocks, as version 2 names them. */
  private static final List<String> FIRST =
      List.of(
          "_embedding_layer",
          "_position_embedding_layer",
          "_type_embedding_layer",
          "_embedding_norm_layer");

  /** Paths in version 2 and their meaning; the first that matches counts. */
  private static final Map<Pattern, String> ENCODER =
      patterns(
          Map.entry("_embedding_layer/embeddings", "bert/embeddings/weight"),
          Map.entry("_position_embedding_layer/embeddings", "bert/embeddings/embeddings"),
          Map.entry("_type_embedding_layer/embeddings", "bert/embeddings/token_type_embeddings"),
          Map.entry("_embedding_norm_layer/(\\w+)", "bert/embeddings/LayerNorm/$1"),
          Map.entry("_pooler_layer/(\\w+)", "bert/pooler/dense/$1"),
          block(
              "_attention_layer/_(query|key|value)_dense/(\\w+)", "attention/self_attention/$2/$3"),
          block("_attention_layer/_output_dense/(\\w+)", "attention/dense_output/dense/$2"),
          block("_attention_output_dense/(\\w+)", "attention/dense_output/dense/$2"), // older
          block("_attention_layer_norm/(\\w+)", "attention/dense_output/LayerNorm/$2"),
          block("_intermediate_dense/(\\w+)", "intermediate/dense/$2"),
          block("_output_dense/(\\w+)", "bert_output/dense/$2"),
          block("_output_layer_norm/(\\w+)", "bert_output/LayerNorm/$2"));

  /** Paths beside the encoder. The output over the vocabulary shares the table of words. */
  private static final Map<Pattern, String> HEADS =
      patterns(
          Map.entry("(?:.*/)?masked_lm/dense/(\\w+)", "mlm/predictions/transform/dense/$1"),
          Map.entry(
              "(?:.*/)?masked_lm/layer_norm/(\\w+)", "mlm/predictions/transform/LayerNorm/$1"),
          Map.entry("(?:.*/)?masked_lm/output_bias\\.Sbias", "mlm/predictions/bias"),
          Map.entry("(?:.*/)?masked_lm/embedding_table", "bert/embeddings/weight"),
          Map.entry("(?:.*/)?layer_with_weights-1/out_proj/(\\w+)", "classifier/$1"));

  private final NamedTensors file;
  private final Map<String, String> names;
  private final Map<String, TensorSpec> flat = new LinkedHashMap<>();

  private ModelGarden(NamedTensors file, Map<String, String> names) {
    this.file = file;
    this.names = names;
    for (String key : file.names()) {
      String name = names.get(variable(key, names.keySet()));
      if (name != null && name.contains("/attention/")) {
        flat.put(key, flat(file.spec(key), name));
      }
    }
  }

  /**
   * The checkpoint, if the Model Garden wrote it.
   *
   * @param paths path of each variable's object by key
   */
  static Optional<ModelGarden> of(NamedTensors file, Map<String, String> paths) {
    Set<String> encoders =
        paths.values().stream()
            .map(QUERY::matcher)
            .filter(Matcher::matches)
            .map(matcher -> matcher.group(1))
            .collect(Collectors.toSet());
    if (encoders.size() != 1) {
      return Optional.empty();
    }
    String encoder = encoders.iterator().next();
    Map<String, String> names = new LinkedHashMap<>();
    paths.forEach((key, path) -> names.put(key, name(path, encoder, paths.values())));
    return Optional.of(new ModelGarden(file, names));
  }

  /** The path of each variable's object by key, as Hugging Face has it. */
  Map<String, String> paths() {
    return names;
  }

  private static String name(String path, String encoder, Collection<String> all) {
    Optional<String> inside =
        path.startsWith(encoder)
            ? translated(ENCODER, named(path.substring(encoder.length()), encoder, all))
            : Optional.empty();
    return inside.or(() -> translated(HEADS, path)).orElse(path);
  }

  /** A path within an encoder, with the names of layers instead of their numbers. */
  private static String named(String inner, String encoder, Collection<String> all) {
    Matcher layer = NUMBERED.matcher(inner);
    if (!layer.matches()) {
      return inner;
    }
    int number = Integer.parseInt(layer.group(1));
    if (number < FIRST.size()) {
      return FIRST.get(number) + "/" + layer.group(2);
    }
    if (isBlock(number, encoder, all)) {
      return "_transformer_layers/" + (number - FIRST.size()) + "/" + layer.group(2);
    }
    return isBlock(number - 1, encoder, all) ? "_pooler_layer/" + layer.group(2) : inner;
  }

  private static boolean isBlock(int layer, String encoder, Collection<String> all) {
    String attention = encoder + "layer_with_weights-" + layer + "/_attention_layer/";
    return all.stream().anyMatch(path -> path.startsWith(attention));
  }

  private static Optional<String> translated(Map<Pattern, String> table, String path) {
    return table.entrySet().stream()
        .filter(entry -> entry.getKey().matcher(path).matches())
        .map(entry -> entry.getKey().matcher(path).replaceFirst(entry.getValue()))
        .findFirst();
  }

  private static Map.Entry<String, String> block(String path, String meaning) {
    return Map.entry("_transformer_layers/(\\d+)/" + path, "bert/encoder/layer/$1/" + meaning);
  }

  @SafeVarargs
  private static Map<Pattern, String> patterns(Map.Entry<String, String>... lines) {
    Map<Pattern, String> table = new LinkedHashMap<>();
    for (Map.Entry<String, String> line : lines) {
      table.put(Pattern.compile(line.getKey()), line.getValue());
    }
    return table;
  }

  /** The key of the variable that a slot of an optimizer belongs to; of a variable its own. */
  private static String variable(String key, Set<String> keys) {
    int slot = key.indexOf(SLOT);
    if (slot < 0) {
      return key;
    }
    String suffix = key.substring(key.lastIndexOf("/.ATTRIBUTES"));
    String variable = key.substring(0, slot) + suffix;
    return keys.contains(variable) ? variable : key;
  }

  /** With one axis for heads and their size. */
  private static TensorSpec flat(TensorSpec spec, String name) {
    long[] sizes = spec.shape().asArray();
    boolean output = name.contains("/dense_output/");
    if (sizes.length == 3) {
      return new TensorSpec(
          spec.dtype(),
          output
              ? Shape.of(sizes[0] * sizes[1], sizes[2])
              : Shape.of(sizes[0], sizes[1] * sizes[2]));
    }
    return sizes.length == 2 && name.endsWith("/bias")
        ? new TensorSpec(spec.dtype(), Shape.of(sizes[0] * sizes[1]))
        : spec;
  }

  @Override
  public Set<String> names() {
    return file.names();
  }

  @Override
  public TensorSpec spec(String name) {
    TensorSpec spec = flat.get(name);
    return spec == null ? file.spec(name) : spec;
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return file.read(name);
  }

  @Override
  public TensorPieces pieces(String name) {
    return file.pieces(name);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return file.readStrings(name);
  }
}
