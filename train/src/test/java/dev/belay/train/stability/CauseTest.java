package dev.belay.train.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.step.NonFinite;
import dev.belay.train.step.TensorRange;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CauseTest {

  @ParameterizedTest
  @CsvSource({
    "layer/Log, Log, 0, 1, false, 1, LOG_OF_ZERO",
    "layer/Exp, Exp, -3, 120, false, 1, SOFTMAX_OVERFLOW",
    "layer/Softmax, Softmax, -3e38, 3e38, false, 1, SOFTMAX_OVERFLOW",
    "layer/truediv, RealDiv, 0, 4, false, 1, DIVISION_BY_ZERO",
    "layer/Rsqrt, Rsqrt, -1, 4, false, 1, DIVISION_BY_ZERO",
    "layer/Reciprocal, Reciprocal, 0, 4, true, 1, DIVISION_BY_ZERO",
    "layer/MatMul, MatMul, -1e30, 1e30, false, 1, LEARNING_RATE",
    "layer/MatMul, MatMul, -1e30, 1e30, true, 32768, LOSS_SCALE",
    "layer/Cast, Cast, -1, 70000, false, 1, HALF_RANGE",
    "input_mask, Placeholder, 0, 1, false, 1, INPUT",
    "belay_train/loss/Placeholder, Placeholder, 0, 1, false, 1, LABEL",
    "belay_train/clip/L2Loss, L2Loss, 0, 1e20, false, 1, NORM_OVERFLOW",
    "layer/Mystery, Mystery, 0, 1, false, 1, UNKNOWN"
  })
  void opAndRangesPointToACause(
      String operation,
      String type,
      double min,
      double max,
      boolean backward,
      double lossScale,
      Cause expected) {
    TensorRange input = new TensorRange("input", List.of(2L), min, max, 0, 0, 2);
    TensorRange output = new TensorRange("output", List.of(2L), 0, 1, 0, 1, 2);
    NonFinite found =
        new NonFinite(
            operation,
            type,
            "layer",
            backward,
            Optional.empty(),
            Optional.of("layer/kernel"),
            List.of("last/kernel"),
            output,
            List.of(input));
    assertEquals(expected, Cause.of(found, lossScale));
    Diagnosis diagnosis = Diagnosis.of(3, found, lossScale);
    assertEquals(Optional.of(backward ? "last/kernel" : "layer/kernel"), diagnosis.variable());
  }

  @Test
  void aDiagnosisIsOneParagraphAndFacts() {
    TensorRange input = new TensorRange("probabilities", List.of(4L, 3L), 0, 0.5, 0, 0, 12);
    TensorRange output = new TensorRange("loss/Log", List.of(4L, 3L), -3, -0.7, 1, 2, 12);
    NonFinite found =
        new NonFinite(
            "loss/Log",
            "Log",
            "loss",
            false,
            Optional.empty(),
            Optional.of("head/kernel"),
            List.of(),
            output,
            List.of(input));
    Diagnosis diagnosis = Diagnosis.of(7, found, 1);
    assertEquals(
        "the first op whose result is not finite is loss/Log (Log) in loss: it gives loss/Log [4,"
            + " 3] (-3.000 to -0.7000, 1 NaN, 2 infinite of 12) from probabilities [4, 3] (0.000 to"
            + " 0.5000); the first variable concerned is head/kernel. Probable cause: the logarithm"
            + " of zero: a probability was rounded to 0. Take the loss of the logits, not of"
            + " probabilities: name the output that holds logits with --output.",
        diagnosis.text());
    assertEquals(7L, diagnosis.facts().get("step"));
    assertEquals("log_of_zero", diagnosis.facts().get("cause"));
    assertEquals("head/kernel", diagnosis.facts().get("variable"));
  }

  @Test
  void theMedianIsOfTheLastNorms() {
    RunningMedian norms = new RunningMedian();
    for (int i = 1; i <= 9; i++) {
      norms.add(i);
      assertEquals(true, norms.median().isEmpty(), "too few to say what is usual");
    }
    norms.add(10);
    assertEquals(5.5, norms.median().orElseThrow());
    for (int i = 0; i < 101; i++) {
      norms.add(100);
    }
    assertEquals(100, norms.median().orElseThrow());
  }
}
