package dev.belay.train.model;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.train.config.LossConfig;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/**
 * Assignment of data features to the inputs of a model.
 *
 * @param requests one per input of the function, in its order
 * @param notes decisions that the names do not imply
 */
public record InputMapping(List<FeatureRequest> requests, List<String> notes) {
  private static final Set<String> USUAL =
      Set.of(
          FeatureNames.INPUT_IDS,
          FeatureNames.ATTENTION_MASK,
          FeatureNames.TOKEN_TYPE_IDS,
          FeatureNames.TEXT,
          FeatureNames.TEXT_B);

  /**
   * Maps the inputs of a function.
   *
   * @param chosen the user's own choice, feature name to input name
   * @throws ModelException if the user names an input that the function does not have
   */
  public static InputMapping of(ModelFunction function, Map<String, String> chosen) {
    return of(function, chosen, Optional.empty());
  }

  /**
   * Maps the inputs of a function that computes the loss.
   *
   * @param labels the input that is fed with labels, which are no feature
   */
  static InputMapping of(ModelFunction whole, Map<String, String> chosen, Optional<String> labels) {
    ModelFunction function = without(whole, labels);
    Map<String, String> features = new LinkedHashMap<>(chosen);
    labels.ifPresent(name -> features.remove(LossConfig.LABELS, name));
    Map<String, String> featureOf = byInput(function, features);
    List<FeatureRequest> requests = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (ModelFunction.Argument input : function.inputs()) {
      String feature = featureOf.get(lastPart(input.name()));
      if (feature == null) {
        feature = guess(function, input);
        if (!FeatureNames.canonical(lastPart(input.name())).equals(feature)) {
          notes.add(
              "input '"
                  + input.name()
                  + "' gets "
                  + feature
                  + (isOneOfPair(function, input)
                      ? ", by its name"
                      : ", being the only one of its kind"));
        }
      }
      requests.add(
          FeatureRequest.of(
              lastPart(input.name()),
              feature,
              elementType(function, input),
              input.shape().asArray()));
    }
    return new InputMapping(List.copyOf(requests), List.copyOf(notes));
  }

  private static ModelFunction without(ModelFunction function, Optional<String> input) {
    return new ModelFunction(
        function.path(),
        function.functionName(),
        function.inputs().stream()
            .filter(one -> !Optional.of(lastPart(one.name())).equals(input))
            .toList(),
        function.outputs(),
        function.training());
  }

  /** Keras names the inputs of a trace {@code input_ids/attention_mask}. */
  static String lastPart(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static Map<String, String> byInput(ModelFunction function, Map<String, String> chosen) {
    List<String> names = function.inputs().stream().map(input -> lastPart(input.name())).toList();
    Map<String, String> featureOf = new LinkedHashMap<>();
    chosen.forEach(
        (feature, input) -> {
          if (!names.contains(input)) {
            throw new ModelException(
                "--inputs "
                    + feature
                    + "="
                    + input
                    + ": "
                    + function.path()
                    + " has no input '"
                    + input
                    + "'; it has "
                    + names);
          }
          featureOf.put(input, feature);
        });
    return featureOf;
  }

  /** A model's only input of whole numbers holds the token ids, its only text input the text. */
  private static String guess(ModelFunction function, ModelFunction.Argument input) {
    String canonical = FeatureNames.canonical(lastPart(input.name()));
    if (USUAL.contains(canonical)) {
      return canonical;
    }
    if (input.dtype() == DataType.DT_STRING) {
      return text(function, input);
    }
    long alike = function.inputs().stream().filter(other -> other.dtype() == input.dtype()).count();
    if (alike > 1) {
      return canonical;
    }
    return switch (input.dtype()) {
      case DT_INT32, DT_INT64 ->
          input.shape().numDimensions() == 2 ? FeatureNames.INPUT_IDS : canonical;
      default -> canonical;
    };
  }

  /** The only text input is the text; of two with the names of a pair each is its part of it. */
  private static String text(ModelFunction function, ModelFunction.Argument input) {
    List<String> texts =
        function.inputs().stream()
            .filter(other -> other.dtype() == DataType.DT_STRING)
            .map(other -> lastPart(other.name()))
            .toList();
    String name = lastPart(input.name());
    if (texts.size() == 1) {
      return FeatureNames.TEXT;
    }
    if (texts.size() == 2) {
      String other = texts.get(1 - texts.indexOf(name));
      if (FeatureNames.arePair(name, other)) {
        return FeatureNames.TEXT;
      }
      if (FeatureNames.arePair(other, name)) {
        return FeatureNames.TEXT_B;
      }
    }
    return FeatureNames.canonical(name);
  }

  private static boolean isOneOfPair(ModelFunction function, ModelFunction.Argument input) {
    return input.dtype() == DataType.DT_STRING
        && function.inputs().stream().filter(i -> i.dtype() == DataType.DT_STRING).count() > 1;
  }

  private static ElementType elementType(ModelFunction function, ModelFunction.Argument input) {
    DataType dtype = input.dtype();
    return switch (dtype) {
      case DT_INT32, DT_INT64, DT_BOOL -> ElementType.INTEGER;
      case DT_FLOAT, DT_DOUBLE -> ElementType.FLOAT;
      case DT_STRING -> ElementType.STRING;
      default ->
          throw new ModelException(
              function.path()
                  + ": input '"
                  + input.name()
                  + "' is of type "
                  + dtype
                  + "; data files give whole numbers, floats and texts");
    };
  }

  /** Whether the function wants rows of token ids, which a tokenizer can make of text. */
  public boolean wantsTokens() {
    return requests.stream().anyMatch(request -> request.feature().equals(FeatureNames.INPUT_IDS));
  }
}
