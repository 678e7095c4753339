package dev.belay.train.norm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.event.VariableNorm;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerNormsTest {

  @Test
  void aLayerIsAllItsVariablesAsOneVector() {
    List<VariableNorm> layers =
        LayerNorms.of(
            List.of(
                new VariableNorm("bert/pooler/dense/kernel", 3, 5, 0.3f),
                new VariableNorm("classifier/kernel", 1, 2, 0.1f),
                new VariableNorm("bert/pooler/dense/bias", 4, 12, 0.4f)));
    assertEquals(
        List.of(
            new VariableNorm("pooler", 5, 13, 0.5f), new VariableNorm("classifier", 1, 2, 0.1f)),
        layers);
    assertEquals(0.5 / 13, layers.get(0).updateRatio(), 1e-9);
  }

  @Test
  void aWeightOfZerosHasNoRatioUnlessItMoves() {
    assertEquals(0, new VariableNorm("bias", 1, 0, 0).updateRatio());
    assertEquals(Double.POSITIVE_INFINITY, new VariableNorm("bias", 1, 0, 1e-3f).updateRatio());
  }

  @Test
  void whatIsNotFiniteStaysVisible() {
    VariableNorm layer =
        LayerNorms.of(
                List.of(
                    new VariableNorm("pooler/kernel", Float.NaN, 1, 0),
                    new VariableNorm("pooler/bias", 1, 1, 0)))
            .get(0);
    assertEquals(Float.NaN, layer.gradient());
  }
}
