package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models that Python wrote, read as Python reads them. */
class SavedModelReaderTest {

  @ParameterizedTest
  @CsvSource({
    "savedmodel_keras_bert/saved_model, 129, 40",
    "savedmodel_hf_bert/saved_model, 41, 41",
    "savedmodel_tfmodule/saved_model, 11, 8",
    "savedmodel_tfmodule/saved_model_no_custom_gradients, 11, 8",
    "savedmodel_tf1/saved_model_ref, 81, 26",
    "savedmodel_tf1/saved_model_resource, 26, 25",
    "gpt2_tiny/saved_model, 28, 28",
    "families/albert/saved_model, 27, 27",
    "families/distilbert/saved_model, 24, 24",
    "families/roberta/saved_model, 25, 25",
    "families/electra/saved_model, 27, 27",
    "families/gpt2/saved_model, 16, 16",
    "families/t5/saved_model, 26, 26",
  })
  void readsVariables(String model, int variables, int trainable) throws IOException {
    SavedModelContents contents = SavedModelReader.read(Fixtures.path(model), GraphPolicy.strict());
    assertEquals(variables, contents.variables().size());
    assertEquals(trainable, contents.variables().stream().filter(ModelVariable::trainable).count());
  }
}
