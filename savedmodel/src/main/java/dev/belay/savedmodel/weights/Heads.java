package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/** Finds the Hugging Face class whose head some weights have. */
final class Heads {
  /**
   * Prefixes of the names of a head's weights, with the suffixes of the classes that have them, the
   * usual one first; the first matching head is the model's.
   */
  private static final Map<String, List<String>> CLASSES = new LinkedHashMap<>();

  private static final List<String> HIDDEN_WORDS =
      List.of("ForMaskedLM", "ForCausalLM", "LMHeadModel");

  /** Classes of ModernBERT whose heads have the same names of weights. */
  private static final List<String> MODERNBERT_CLASSES =
      List.of(
          "ForSequenceClassification",
          "ForTokenClassification",
          "ForQuestionAnswering",
          "ForMultipleChoice");

  static {
    CLASSES.put("cls.seq_relationship.", List.of("ForPreTraining", "ForNextSentencePrediction"));
    CLASSES.put("sop_classifier.", List.of("ForPreTraining"));
    CLASSES.put("discriminator_predictions.", List.of("ForPreTraining"));
    CLASSES.put("cls.predictions.", HIDDEN_WORDS);
    CLASSES.put("lm_predictions.", HIDDEN_WORDS);
    CLASSES.put("predictions.", HIDDEN_WORDS);
    CLASSES.put("lm_head.dense.", HIDDEN_WORDS);
    CLASSES.put("vocab_transform.", HIDDEN_WORDS);
    CLASSES.put("generator_predictions.", HIDDEN_WORDS);
    CLASSES.put("qa_outputs.", List.of("ForQuestionAnswering"));
    List<String> classes =
        List.of("ForSequenceClassification", "ForTokenClassification", "ForMultipleChoice");
    CLASSES.put("classifier.", classes);
    CLASSES.put("score.", classes);
    CLASSES.put("classification_head.", classes);
  }

  private static final List<String> HEADS_OF_CLASSES =
      List.of(
          "classifier.weight",
          "classifier.out_proj.weight",
          "score.weight",
          "classification_head.out_proj.weight");

  private static final int DEFAULT_CLASSES = 2;

  private Heads() {}

  /**
   * The configuration with the class, the class names and the type that the weights imply. Its own
   * values are kept unless the weights contradict them.
   *
   * @param canonical the weights
   */
  static ModelConfiguration describe(ModelConfiguration configuration, NamedTensors canonical) {
    List<String> labels = labels(configuration, canonical);
    List<String> endings = endings(configuration, canonical.names());
    String architecture =
        configuration.architectures().stream()
            .limit(1)
            .filter(said -> endings.stream().anyMatch(said::endsWith))
            .findFirst()
            .orElse(configuration.type().className() + endings.get(0));
    return typed(configuration.withHead(withoutTf(architecture), labels), canonical);
  }

  /** Suffixes of the classes whose head the weights have. */
  private static List<String> endings(ModelConfiguration configuration, Set<String> names) {
    if (configuration.family() == Family.MODERNBERT && has(names, "head.")) {
      return has(names, "classifier.") ? MODERNBERT_CLASSES : HIDDEN_WORDS;
    }
    return CLASSES.entrySet().stream()
        .filter(head -> has(names, head.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(List.of(headless(configuration, names)));
  }

  /** Half precision is declared only if all weights have it. */
  private static ModelConfiguration typed(
      ModelConfiguration configuration, NamedTensors canonical) {
    Optional<DataType> said = configuration.halfPrecision();
    boolean wider =
        said.isPresent()
            && canonical.names().stream()
                .anyMatch(name -> canonical.spec(name).dtype() != said.get());
    return wider ? configuration.withType("float32") : configuration;
  }

  private static boolean has(Set<String> names, String prefix) {
    return names.stream().anyMatch(name -> name.startsWith(prefix));
  }

  /**
   * A language model whose output is its word embeddings has no separate weights that reveal it.
   */
  private static String headless(ModelConfiguration configuration, Set<String> names) {
    if (configuration.architectures().isEmpty()) {
      return switch (configuration.family()) {
        case GPT2 -> "LMHeadModel"; // same weights as headless; can do more
        case LLAMA ->
            configuration.tiedEmbeddings() || has(names, "lm_head.") ? "ForCausalLM" : "Model";
        case GPT_NEOX ->
            configuration.tiedEmbeddings() || has(names, "embed_out.") ? "ForCausalLM" : "Model";
        case T5, BART -> "ForConditionalGeneration";
        default -> "Model";
      };
    }
    String said = configuration.architectures().get(0);
    return configuration.family() == Family.BERT
        ? "Model"
        : ModelType.ofClass(said).flatMap(type -> type.ending(said)).orElse("Model");
  }

  private static String withoutTf(String architecture) {
    return architecture.startsWith("TF") ? architecture.substring(2) : architecture;
  }

  private static List<String> labels(ModelConfiguration configuration, NamedTensors canonical) {
    for (String head : HEADS_OF_CLASSES) {
      if (canonical.names().contains(head)) {
        int classes = Math.toIntExact(canonical.spec(head).shape().get(0));
        if (configuration.labels().size() == classes) {
          return configuration.labels();
        }
        List<String> labels = new ArrayList<>();
        for (int i = 0; classes != DEFAULT_CLASSES && i < classes; i++) {
          labels.add(ModelConfiguration.UNNAMED_OUTPUT + i);
        }
        return labels;
      }
    }
    return configuration.labels();
  }
}
