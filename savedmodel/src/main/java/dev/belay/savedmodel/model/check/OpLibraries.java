package dev.belay.savedmodel.model.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Recognizes libraries that add ops to TensorFlow by the names of their ops. */
final class OpLibraries {
  private static final String PREPROCESSING =
      ": export the model without its preprocessing, from token ids to logits, and give Belay the"
          + " tokenizer's files or a column input_ids";
  private static final String OTHERWISE =
      ": export the model without it, or with TensorFlow's own ops in its place";

  private static final Map<Pattern, String> LIBRARIES = new LinkedHashMap<>();

  static {
    add(
        "Sentencepiece.*|TFText>.*|(Fast)?Wordpiece.*|FastBertNormalize.*|SentenceFragments.*"
            + "|(Whitespace|UnicodeScript|SplitMerge|SplitMergeFromLogits|Phrase)(Token|Detoken).*"
            + "|RegexSplitWithOffsets|CaseFoldUTF8|NormalizeUTF8.*|FindSourceOffsets"
            + "|ConstrainedSequence|MaxSpanningTree|RougeL",
        "tensorflow-text" + PREPROCESSING);
    add("Addons>.*", "tensorflow-addons" + OTHERWISE);
    add("IO>.*", "tensorflow-io" + PREPROCESSING);
    add("TFRA>.*", "tensorflow-recommenders-addons" + OTHERWISE);
    add("SimpleML.*", "TensorFlow Decision Forests" + OTHERWISE);
    add("Horovod.*", "Horovod: save the model outside of its training script");
    add("TRTEngineOp", "TensorRT: take the model that it was converted from");
  }

  private OpLibraries() {}

  private static void add(String ops, String library) {
    LIBRARIES.put(Pattern.compile(ops), library);
  }

  /** The library of an op, if its name identifies it, and what to do about it. */
  static String of(String op) {
    for (Map.Entry<Pattern, String> library : LIBRARIES.entrySet()) {
      if (library.getKey().matcher(op).matches()) {
        return ", of " + library.getValue();
      }
    }
    return op.startsWith("_") || op.contains(">")
        ? ", of a library of its own" + OTHERWISE
        : ", of a newer TensorFlow or of another library: save the model with TensorFlow 2.10, or"
            + " without that op; of a preprocessing, export the model from token ids to logits";
  }
}
