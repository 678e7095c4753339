package dev.belay.train.model;

import static dev.belay.train.data.example.UnfedInput.CHANGES;
import static dev.belay.train.data.example.UnfedInput.COUNTED;
import static dev.belay.train.data.example.UnfedInput.ONES;
import static dev.belay.train.data.example.UnfedInput.ZEROS;

import dev.belay.savedmodel.names.Family;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.UnfedInput;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Inputs that Hugging Face's classes take and the graphs here do not, by name, as {@code forward}
 * and {@code call} have them.
 */
final class UnfedInputs {
  private static final String POSITIONS = "position_ids";

  /** Inputs that change the numbers of every model that has them. */
  private static final List<String> EVERYWHERE =
      List.of(
          "head_mask",
          "inputs_embeds",
          "past_key_values",
          "encoder_hidden_states",
          "encoder_attention_mask");

  private static final List<String> OF_DECODERS =
      List.of(
          "decoder_head_mask", "cross_attn_head_mask", "encoder_outputs", "decoder_inputs_embeds");

  private UnfedInputs() {}

  /** Of Belay's own graph of a family. */
  static Map<String, UnfedInput> of(Family family) {
    Map<String, UnfedInput> inputs = everywhere();
    switch (family) {
      // Positions count on from the padding's id.
      case ROBERTA, MPNET -> inputs.put(POSITIONS, CHANGES);
      case GPT2, LLAMA, GPT_NEOX -> {
        inputs.put(POSITIONS, COUNTED);
        // GPT-2 looks them up among the words; the others refuse them.
        inputs.put(FeatureNames.TOKEN_TYPE_IDS, CHANGES);
      }
      case T5, BART -> {
        OF_DECODERS.forEach(name -> inputs.put(name, CHANGES));
        inputs.put("decoder_attention_mask", ONES);
      }
      case BERT, DISTILBERT, ELECTRA, ALBERT, MODERNBERT, DEBERTA, DEBERTA_V2 ->
          inputs.put(POSITIONS, COUNTED);
    }
    return inputs;
  }

  /**
   * Of a SavedModel, whose inputs are those of its signature.
   *
   * @param causal whether it is a causal language model, which looks types up among the words
   */
  static Map<String, UnfedInput> ofSavedModel(List<String> inputs, boolean causal) {
    Map<String, UnfedInput> unfed = everywhere();
    OF_DECODERS.forEach(name -> unfed.put(name, CHANGES));
    unfed.put(POSITIONS, COUNTED);
    unfed.put(FeatureNames.TOKEN_TYPE_IDS, causal ? CHANGES : ZEROS);
    unfed.put("decoder_attention_mask", ONES);
    unfed.keySet().removeAll(inputs);
    return unfed;
  }

  private static Map<String, UnfedInput> everywhere() {
    Map<String, UnfedInput> inputs = new HashMap<>();
    EVERYWHERE.forEach(name -> inputs.put(name, CHANGES));
    return inputs;
  }
}
