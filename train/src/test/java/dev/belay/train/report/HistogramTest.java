package dev.belay.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.framework.TensorProto;

class HistogramTest {

  private static List<Double> row(TensorProto histogram, int row) {
    return histogram.getDoubleValList().subList(3 * row, 3 * row + 3);
  }

  @Test
  void equalBucketsHoldEveryValueOnce() {
    TensorProto histogram = Histogram.of(new double[] {0, 0.05, 1, 1.5, 3, 3});
    assertEquals(30, histogram.getTensorShape().getDim(0).getSize());
    assertEquals(3, histogram.getTensorShape().getDim(1).getSize());
    assertEquals(Arrays.asList(0.0, 0.1, 2.0), row(histogram, 0));
    assertEquals(2.0, row(histogram, 29).get(2), "the largest value is in the last bucket");
    assertEquals(3.0, row(histogram, 29).get(1));
    double all = 0;
    for (int bucket = 0; bucket < 30; bucket++) {
      all += row(histogram, bucket).get(2);
    }
    assertEquals(6, all);
  }

  @Test
  void equalValuesGetOneBucketOfWidthOne() {
    TensorProto histogram = Histogram.of(new double[] {2, 2, Double.NaN});
    assertEquals(List.of(1.5, 2.5, 2.0), histogram.getDoubleValList());
  }

  @Test
  void nothingFiniteIsAnEmptyHistogram() {
    TensorProto histogram = Histogram.of(new double[] {Double.NaN, Double.POSITIVE_INFINITY});
    assertEquals(
        List.of(0L, 3L),
        histogram.getTensorShape().getDimList().stream()
            .map(dim -> dim.getSize())
            .collect(Collectors.toList()));
    assertEquals(0, histogram.getDoubleValCount());
  }
}
