package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.ModelFunction.Argument;
import dev.belay.train.data.example.FeatureRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** Text inputs of a SavedModel, under whatever names. */
class InputMappingTest {

  @ParameterizedTest
  @CsvSource({
    "review, text",
    "keras/text_vectorization_input, text",
    "premise hypothesis, text text_b",
    "hypothesis premise, text_b text",
    "sentence1 sentence2, text text_b",
    "text text_pair, text text_b",
    "title body, title body"
  })
  void onlyOneOrBothOfAPairAreTheText(String inputs, String features) {
    List<Argument> arguments =
        Arrays.stream(inputs.split(" "))
            .map(name -> new Argument(name, DataType.DT_STRING, Shape.of(-1)))
            .toList();
    ModelFunction function =
        new ModelFunction("signatures/s", "f", arguments, List.of(), Optional.empty());
    List<FeatureRequest> requests = InputMapping.of(function, Map.of()).requests();
    assertEquals(
        List.of(features.split(" ")), requests.stream().map(FeatureRequest::feature).toList());
  }
}
