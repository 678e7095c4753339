package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** What is trained through, and what of it. */
class TrainingFunctionsTest {

  @ParameterizedTest
  @ValueSource(strings = {"savedmodel_keras_bert", "savedmodel_hf_bert", "families/t5"})
  void findsTheTracesThatTakeTheServingInputs(String fixture) throws IOException {
    SavedModelContents contents = read(fixture, "saved_model");
    TrainingFunctions chosen = TrainingFunctions.choose(contents, Optional.empty());
    assertEquals("signatures/serving_default", chosen.evaluation().path());
    assertSame(chosen.evaluation(), chosen.reference());
    TrainingFunctions.Trace first = chosen.traces().get(0);
    assertEquals("call_and_return_all_conditional_losses", first.training().path());
    assertEquals(Optional.of(true), first.training().training());
    assertEquals(Optional.of(false), first.inference().orElseThrow().training());
    for (TrainingFunctions.Trace trace : chosen.traces()) {
      assertEquals(
          names(chosen.evaluation()).sorted().toList(), names(trace.training()).sorted().toList());
    }
  }

  /** Inputs in a list have no names; which is which is found by trying. */
  @Test
  void inputsWithoutNamesMayBeAnyOfTheirKind() throws IOException {
    SavedModelContents contents = read("savedmodel_keras_bert", "saved_model");
    TrainingFunctions chosen = TrainingFunctions.choose(contents, Optional.empty());
    List<List<String>> orders =
        chosen.traces().stream()
            .map(TrainingFunctions.Trace::training)
            .filter(trace -> trace.path().equals("__call__"))
            .map(trace -> names(trace).toList())
            .distinct()
            .toList();
    assertEquals(
        List.of(List.of("input_ids", "input_mask"), List.of("input_mask", "input_ids")), orders);
  }

  private static Stream<String> names(ModelFunction function) {
    return function.inputs().stream().map(ModelFunction.Argument::name);
  }

  @Test
  void withoutATrainingTraceItSaysSo() throws IOException {
    TrainingFunctions chosen =
        TrainingFunctions.choose(read("gpt2_tiny", "saved_model"), Optional.empty());
    assertSame(chosen.training(), chosen.evaluation());
    assertEquals(
        List.of(
            "trained through signatures/serving_default without dropout: the model has no trace"
                + " with training=True"),
        chosen.trainingNotes());
    assertEquals(List.of(), chosen.notes());
  }

  @Test
  void aTf1GraphsSwitchIsSetForEach() throws IOException {
    TrainingFunctions chosen =
        TrainingFunctions.choose(read("savedmodel_tf1", "saved_model_ref"), Optional.empty());
    assertEquals("signatures/serving_default", chosen.training().path());
    assertEquals(Optional.of(true), chosen.training().training());
    assertEquals(Optional.of(false), chosen.evaluation().training());
  }

  @Test
  void aNamedFunctionIsTakenAsItIs() throws IOException {
    SavedModelContents contents = read("savedmodel_hf_bert", "saved_model");
    TrainingFunctions signature = TrainingFunctions.choose(contents, Optional.of("int64_serving"));
    assertEquals("signatures/int64_serving", signature.training().path());
    assertSame(signature.training(), signature.evaluation());
    TrainingFunctions call = TrainingFunctions.choose(contents, Optional.of("__call__"));
    assertEquals("__call__", call.evaluation().path());
    assertEquals(Optional.of(false), call.evaluation().training());
    assertEquals("signatures/serving_default", call.reference().path());
    assertEquals("__call__", call.traces().get(0).training().path());
    assertEquals(Optional.of(true), call.traces().get(0).training().training());
  }

  @Test
  void anUnknownNameListsWhatThereIs() throws IOException {
    SavedModelContents contents = read("savedmodel_tfmodule", "saved_model");
    String message =
        assertThrows(
                UnsupportedModelException.class,
                () -> TrainingFunctions.choose(contents, Optional.of("serving")))
            .getMessage();
    assertTrue(
        message.contains(
            "function 'serving': there is no such signature or function; the model has the signatures"
                + " signatures/serving_default(ids DT_INT32 [-1, -1], mask DT_FLOAT [-1, -1]);"),
        message);
    assertTrue(message.contains(" and the functions "), message);
    assertTrue(message.contains("classify_text"), message);
  }

  @Test
  void withoutADefaultAName() throws IOException {
    SavedModelContents contents = read("importer", "control_flow", "saved_model");
    String message =
        assertThrows(
                UnsupportedModelException.class,
                () -> TrainingFunctions.choose(contents, Optional.empty()))
            .getMessage();
    assertTrue(
        message.contains(
            "expected serving_default, found none of that name. Name one of these by --signature"),
        message);
  }

  @Test
  void theOutputNamedLogitsIsTrained() throws UnsupportedModelException {
    assertEquals(1, choose("probabilities", "logits", "start_logits"));
    assertEquals(1, choose("probabilities", "head/Logits_2"));
    assertEquals(0, choose("dense_3"));
    assertEquals(0, choose("output_0", "losses/0"));
  }

  @Test
  void severalThatCouldBeMeantAreListed() {
    String message =
        assertThrows(UnsupportedModelException.class, () -> choose("start_logits", "end_logits"))
            .getMessage();
    assertEquals(
        "m: function 'signatures/s': none of its outputs is clearly the one to train; name it with --output: it"
            + " has [start_logits DT_FLOAT [-1, 2], end_logits DT_FLOAT [-1, 2]]",
        message);
    message =
        assertThrows(
                UnsupportedModelException.class,
                () -> OutputChoice.choose(Path.of("m"), function("a", "b"), Optional.of("c")))
            .getMessage();
    assertTrue(message.contains("it has no output 'c': it has [a DT_FLOAT"), message);
  }

  private static int choose(String... outputs) throws UnsupportedModelException {
    return OutputChoice.choose(Path.of("m"), function(outputs), Optional.empty());
  }

  private static ModelFunction function(String... outputs) {
    List<ModelFunction.Argument> arguments =
        Stream.of(outputs)
            .map(
                name ->
                    new ModelFunction.Argument(
                        name, DataType.DT_FLOAT, Shape.of(Shape.UNKNOWN_SIZE, 2)))
            .toList();
    return new ModelFunction("signatures/s", "f", List.of(), arguments, Optional.empty());
  }

  private static SavedModelContents read(String first, String... more) throws IOException {
    return SavedModelReader.read(Fixtures.path(first, more), GraphPolicy.strict());
  }
}
