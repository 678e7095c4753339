package dev.belay.train.norm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the layer of a variable by its name: {@code encoder/layer_3}, {@code embeddings}, {@code
 * pooler}, {@code classifier}. Names may come from google-research/bert, Hugging Face, Keras or
 * PyTorch:
 *
 * <ul>
 *   <li>a numbered block ({@code layer_3}, {@code layer_._3}, {@code layer.3}, {@code h_._3},
 *       {@code block_3}) is a layer, with the stack above it ({@code encoder}, {@code decoder},
 *       {@code transformer}) where there is one; the outermost number counts;
 *   <li>else a part of the name that is known to be one ({@code embeddings}, {@code pooler}, {@code
 *       classifier}, {@code predictions});
 *   <li>else the part that holds the variable: {@code dense_1} of {@code model/dense_1/kernel}.
 * </ul>
 */
public final class LayerNames {
  private static final Pattern BLOCK =
      Pattern.compile("(.*?(?:layers?|blocks?|groups?|stage|^h))[._]*(\\d+)");
  private static final Pattern BLOCK_WORD =
      Pattern.compile(".*?(?:layers?|blocks?|groups?|stage|^h)");
  private static final Pattern EMBEDDING =
      Pattern.compile(".*embeddings?|wte|wpe|shared|embed_.*|.*_embed");
  private static final Pattern KNOWN =
      Pattern.compile("pooler|.*classifier|predictions|.*lm_head|qa_outputs|.*classification_head");
  private static final Set<String> STACKS =
      Set.of("encoder", "decoder", "transformer", "generator", "discriminator");
  private static final Pattern LEAF_SUFFIX = Pattern.compile("_(weights?|bias|kernel|gamma|beta)$");

  private LayerNames() {}

  /** The layer of a variable. */
  public static String layerOf(String variable) {
    List<String> parts = parts(variable);
    for (int i = 0; i < parts.size() - 1; i++) {
      String block = block(parts, i);
      if (!block.isEmpty()) {
        boolean inStack = i > 0 && STACKS.contains(parts.get(i - 1));
        return inStack ? parts.get(i - 1) + "/" + block : block;
      }
    }
    for (String part : parts) {
      String lower = part.toLowerCase(Locale.ROOT);
      if (EMBEDDING.matcher(lower).matches()) {
        return "embeddings";
      }
      if (KNOWN.matcher(lower).matches()) {
        return part;
      }
    }
    return parts.size() > 1
        ? parts.get(parts.size() - 2)
        : LEAF_SUFFIX.matcher(parts.get(0)).replaceFirst("");
  }

  /**
   * Parts between slashes, or between dots as PyTorch writes them; what TensorFlow adds is left.
   */
  private static List<String> parts(String variable) {
    String name = variable.replaceFirst("[:#]\\d+$", "");
    String separator = name.contains("/") ? "/" : "\\.";
    List<String> parts = new ArrayList<>(List.of(name.split(separator)));
    parts.removeIf(String::isBlank);
    return parts.isEmpty() ? List.of(variable) : parts;
  }

  /** {@code layer_3} for a part {@code layer_._3}, or {@code layer} followed by {@code 3}. */
  private static String block(List<String> parts, int i) {
    Matcher numbered = BLOCK.matcher(parts.get(i));
    if (numbered.matches() && !isNormalisation(numbered.group(1))) {
      return numbered.group(1) + "_" + numbered.group(2);
    }
    boolean numberFollows =
        BLOCK_WORD.matcher(parts.get(i)).matches() && parts.get(i + 1).matches("\\d+");
    return numberFollows ? parts.get(i) + "_" + parts.get(i + 1) : "";
  }

  private static boolean isNormalisation(String stem) {
    return stem.toLowerCase(Locale.ROOT).contains("norm");
  }
}
