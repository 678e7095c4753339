package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which of Hugging Face's classes has the head that some weights have. */
final class Heads {
  /**
   * How the names of a head's weights begin, and how its class's name ends; the first that fits.
   */
  private static final Map<String, String> CLASSES = new LinkedHashMap<>();

  static {
    CLASSES.put("cls.seq_relationship.", "ForPreTraining");
    CLASSES.put("sop_classifier.", "ForPreTraining");
    CLASSES.put("discriminator_predictions.", "ForPreTraining");
    CLASSES.put("cls.predictions.", "ForMaskedLM");
    CLASSES.put("predictions.", "ForMaskedLM");
    CLASSES.put("lm_head.dense.", "ForMaskedLM");
    CLASSES.put("vocab_transform.", "ForMaskedLM");
    CLASSES.put("generator_predictions.", "ForMaskedLM");
    CLASSES.put("qa_outputs.", "ForQuestionAnswering");
    CLASSES.put("classifier.", "ForSequenceClassification");
    CLASSES.put("score.", "ForSequenceClassification");
  }

  private static final int DEFAULT_CLASSES = 2;

  private Heads() {}

  /**
   * The configuration with the class and the class names that the weights ask for. What it says of
   * them itself stays, where the weights do not contradict it.
   *
   * @param canonical the weights
   */
  static ModelConfiguration describe(ModelConfiguration configuration, NamedTensors canonical) {
    List<String> labels = labels(configuration, canonical);
    String ending =
        CLASSES.entrySet().stream()
            .filter(head -> has(canonical.names(), head.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(headless(configuration));
    boolean said =
        !configuration.architectures().isEmpty()
            && ending.equals("Model") == configuration.architectures().get(0).endsWith("Model");
    String architecture =
        said ? configuration.architectures().get(0) : configuration.family().className() + ending;
    return configuration.withHead(withoutTf(architecture), labels);
  }

  private static boolean has(Set<String> names, String prefix) {
    return names.stream().anyMatch(name -> name.startsWith(prefix));
  }

  /** A language model whose output is its word embeddings has no weights of its own to show it. */
  private static String headless(ModelConfiguration configuration) {
    if (configuration.architectures().isEmpty()) {
      return switch (configuration.family()) {
        case GPT2 -> "LMHeadModel"; // the same weights as without, so the more that they can do
        case T5 -> "ForConditionalGeneration";
        default -> "Model";
      };
    }
    return configuration.family() == Family.BERT
        ? "Model"
        : configuration
            .architectures()
            .get(0)
            .replaceFirst("^(TF)?" + configuration.family().className(), "");
  }

  private static String withoutTf(String architecture) {
    return architecture.startsWith("TF") ? architecture.substring(2) : architecture;
  }

  private static List<String> labels(ModelConfiguration configuration, NamedTensors canonical) {
    for (String head : List.of("classifier.weight", "classifier.out_proj.weight", "score.weight")) {
      if (canonical.names().contains(head)) {
        int classes = Math.toIntExact(canonical.spec(head).shape().get(0));
        if (configuration.labels().size() == classes) {
          return configuration.labels();
        }
        List<String> labels = new ArrayList<>();
        for (int i = 0; classes != DEFAULT_CLASSES && i < classes; i++) {
          labels.add("LABEL_" + i);
        }
        return labels;
      }
    }
    return configuration.labels();
  }
}
