package dev.belay.train.metrics;

import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureRow;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Metrics of vectors by their cosines.
 *
 * <p>Pairs with scores: the correlations {@code spearman} and {@code pearson} of cosine and score.
 *
 * <p>Pairs without scores: each first text searches all second and further texts of the data, equal
 * ones counted once, as the {@code InformationRetrievalEvaluator} of sentence-transformers does.
 * Its right ones are the second texts of all examples with this first text. {@code recall@k} is the
 * share of these among the k nearest, and {@code mrr} the inverse of the first one's place, each as
 * a mean over the different first texts.
 */
public final class EmbeddingMetrics implements Metrics {
  private static final String MRR = "mrr";
  private static final String SPEARMAN = "spearman";

  private final List<EncodedExample> examples;
  private final boolean scored;
  private final Map<IntBuffer, float[]> queries = new LinkedHashMap<>();
  private final Map<IntBuffer, float[]> documents = new LinkedHashMap<>();
  private final Map<IntBuffer, Set<IntBuffer>> right = new LinkedHashMap<>();
  private final List<Double> cosines = new ArrayList<>();
  private final List<Double> scores = new ArrayList<>();
  private int added;

  /**
   * Metrics of a data set, before its first batch.
   *
   * @param examples in the order in which their vectors come
   */
  public EmbeddingMetrics(List<EncodedExample> examples) {
    this.examples = examples;
    this.scored = examples.get(0).hasScore();
  }

  private static float score(EncodedExample example) {
    return ((FeatureRow.Floats) example.label().orElseThrow()).values()[0];
  }

  @Override
  public void addBatch(BatchPredictions answers) {
    int width = answers.width();
    int texts = examples.get(added).texts();
    int count = answers.logits().length / width / texts;
    for (int i = 0; i < count; i++) {
      EncodedExample example = examples.get(added++);
      List<float[]> vectors = new ArrayList<>();
      for (int text = 0; text < texts; text++) {
        int begin = (text * count + i) * width;
        vectors.add(normalized(Arrays.copyOfRange(answers.logits(), begin, begin + width)));
      }
      if (scored) {
        cosines.add(product(vectors.get(0), vectors.get(1)));
        scores.add((double) score(example));
      } else {
        add(example, vectors);
      }
    }
  }

  private void add(EncodedExample example, List<float[]> vectors) {
    IntBuffer query = key(example);
    queries.putIfAbsent(query, vectors.get(0));
    for (int text = 1; text < vectors.size(); text++) {
      documents.putIfAbsent(key(example.text(text)), vectors.get(text));
    }
    right.computeIfAbsent(query, any -> new LinkedHashSet<>()).add(key(example.text(1)));
  }

  /** Token ids of a text, compared by their values. */
  private static IntBuffer key(EncodedExample text) {
    return IntBuffer.wrap(((FeatureRow.Ints) text.features().get(0)).values());
  }

  private static float[] normalized(float[] vector) {
    double norm = Math.max(Math.sqrt(product(vector, vector)), 1e-12);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] / norm);
    }
    return vector;
  }

  private static double product(float[] first, float[] second) {
    double sum = 0;
    for (int i = 0; i < first.length; i++) {
      sum += (double) first[i] * second[i];
    }
    return sum;
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    if (scored) {
      Correlation correlation = new Correlation();
      for (int i = 0; i < scores.size(); i++) {
        correlation.add(cosines.get(i), scores.get(i));
      }
      result.put(SPEARMAN, Ranks.correlation(cosines, scores));
      result.put("pearson", correlation.value());
      return result;
    }
    List<int[]> places = places();
    result.put("recall@1", places.stream().mapToDouble(at -> recall(at, 1)).average().orElse(0));
    result.put("recall@10", places.stream().mapToDouble(at -> recall(at, 10)).average().orElse(0));
    result.put(MRR, places.stream().mapToDouble(at -> 1.0 / at[0]).average().orElse(0));
    return result;
  }

  private static double recall(int[] places, int most) {
    return Arrays.stream(places).filter(place -> place <= most).count() / (double) places.length;
  }

  /** For each query the places of its right documents, from 1, in ascending order. */
  private List<int[]> places() {
    List<IntBuffer> texts = List.copyOf(documents.keySet());
    List<IntBuffer> asked = List.copyOf(queries.keySet());
    return IntStream.range(0, asked.size())
        .parallel()
        .mapToObj(
            query -> places(queries.get(asked.get(query)), right.get(asked.get(query)), texts))
        .toList();
  }

  private int[] places(float[] query, Set<IntBuffer> wanted, List<IntBuffer> texts) {
    double[] found = new double[texts.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = product(query, documents.get(texts.get(i)));
    }
    return IntStream.range(0, found.length)
        .filter(i -> wanted.contains(texts.get(i)))
        .map(i -> 1 + (int) Arrays.stream(found).filter(other -> other > found[i]).count())
        .sorted()
        .toArray();
  }

  @Override
  public String primary() {
    return scored ? SPEARMAN : MRR;
  }
}
