package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.ModelConfig;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of a model's functions are used, and how that is known. */
class TraceChoiceTest {

  /** Models of the usual kind must not cost a run of their own before the first step. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "savedmodel_hf_bert",
        "savedmodel_keras_bert",
        "families/albert",
        "families/distilbert",
        "families/roberta",
        "families/electra",
        "families/gpt2",
        "families/t5",
        "importer/keras_trained"
      })
  void usualModelsAreDecidedFromTheirGraphs(String fixture) throws IOException {
    ModelConfig config = ModelConfig.of(Fixtures.path(fixture, "saved_model"));
    ImportedModel model = ImportedModel.forTraining(config);
    assertEquals(Optional.empty(), model.open());
    assertEquals("call_and_return_all_conditional_losses", model.training().source().path());
  }
}
