package dev.belay.savedmodel.names;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model type of Hugging Face's transformers. Several can belong to one family: their computation
 * and names of weights are the same, under another {@code model_type} and other classes.
 */
public enum ModelType {
  BERT("bert", "Bert", Family.BERT),
  ROBERTA("roberta", "Roberta", Family.ROBERTA),
  XLM_ROBERTA("xlm-roberta", "XLMRoberta", Family.ROBERTA),
  CAMEMBERT("camembert", "Camembert", Family.ROBERTA),
  DISTILBERT("distilbert", "DistilBert", Family.DISTILBERT),
  ELECTRA("electra", "Electra", Family.ELECTRA),
  ALBERT("albert", "Albert", Family.ALBERT),
  MPNET("mpnet", "MPNet", Family.MPNET),
  MODERNBERT("modernbert", "ModernBert", Family.MODERNBERT),
  DEBERTA("deberta", "Deberta", Family.DEBERTA),
  DEBERTA_V2("deberta-v2", "DebertaV2", Family.DEBERTA_V2),
  GPT2("gpt2", "GPT2", Family.GPT2),
  LLAMA("llama", "Llama", Family.LLAMA),
  MISTRAL("mistral", "Mistral", Family.LLAMA),
  QWEN2("qwen2", "Qwen2", Family.LLAMA),
  GPT_NEOX("gpt_neox", "GPTNeoX", Family.GPT_NEOX),
  T5("t5", "T5", Family.T5),
  MT5("mt5", "MT5", Family.T5),
  BART("bart", "Bart", Family.BART),
  MBART("mbart", "MBart", Family.BART);

  private static final String OTHER_ENDINGS =
      "Model|LMHeadModel|DoubleHeadsModel|EncoderModel|WithLMHeadModel";

  private final String key;
  private final String className;
  private final Family family;

  ModelType(String key, String className, Family family) {
    this.key = key;
    this.className = className;
    this.family = family;
  }

  /** {@code xlm-roberta}, as config.json spells it. */
  public String key() {
    return key;
  }

  /** {@code XLMRoberta}: how the names of its classes begin. */
  public String className() {
    return className;
  }

  /** The family, which determines the computation and the names of weights. */
  public Family family() {
    return family;
  }

  /** The type that a config.json names; empty if Belay does not know it. */
  public static Optional<ModelType> named(String key) {
    return Arrays.stream(values()).filter(type -> type.key.equals(key)).findFirst();
  }

  /**
   * The type whose class has that name, such as XLMRobertaForMaskedLM or its TensorFlow form; empty
   * if it is no class of a type that Belay knows.
   */
  public static Optional<ModelType> ofClass(String architecture) {
    return Arrays.stream(values())
        .filter(type -> type.ending(architecture).isPresent())
        .findFirst();
  }

  /**
   * The suffix of a class name after that of this type, such as {@code ForSequenceClassification};
   * empty if it is no class of this type.
   */
  public Optional<String> ending(String architecture) {
    Matcher matcher =
        Pattern.compile("(?:TF|Flax)?" + className + "(For.*|" + OTHER_ENDINGS + ")")
            .matcher(architecture);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** All known types, as config.json spells them. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(ModelType::key).toList();
  }
}
