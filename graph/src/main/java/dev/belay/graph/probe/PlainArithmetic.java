package dev.belay.graph.probe;

import java.util.Random;

/** Expected results of the probes, computed in Java in double precision. */
final class PlainArithmetic {
  private PlainArithmetic() {}

  /** Numbers in [-1, 1), the same for the same seed. */
  static float[] uniform(long seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  /** The first rows of {@code left [*, n] x right [n, n]}. */
  static float[] matmul(float[] left, float[] right, int n, int rows) {
    float[] product = new float[rows * n];
    for (int i = 0; i < rows; i++) {
      double[] row = new double[n];
      for (int k = 0; k < n; k++) {
        double factor = left[i * n + k];
        for (int j = 0; j < n; j++) {
          row[j] += factor * right[k * n + j];
        }
      }
      for (int j = 0; j < n; j++) {
        product[i * n + j] = (float) row[j];
      }
    }
    return product;
  }

  /** The gradient {@code [rows, width]} of a sum of looked-up rows, each times its weights. */
  static float[] gatherGradient(int[] ids, float[] weights, int rows, int width) {
    double[] sums = new double[rows * width];
    for (int i = 0; i < ids.length; i++) {
      for (int j = 0; j < width; j++) {
        sums[ids[i] * width + j] += weights[i * width + j];
      }
    }
    return floats(sums);
  }

  /** Rows {@code [*, width]} with mean 0 and variance 1, without scale and offset. */
  static float[] layerNorm(float[] rows, int width, double epsilon) {
    double[] result = new double[rows.length];
    for (int row = 0; row < rows.length; row += width) {
      double mean = 0;
      for (int j = 0; j < width; j++) {
        mean += rows[row + j] / (double) width;
      }
      double variance = 0;
      for (int j = 0; j < width; j++) {
        variance += (rows[row + j] - mean) * (rows[row + j] - mean) / width;
      }
      for (int j = 0; j < width; j++) {
        result[row + j] = (rows[row + j] - mean) / Math.sqrt(variance + epsilon);
      }
    }
    return floats(result);
  }

  /** Weights after Adam's first step, with the epsilon of TensorFlow. */
  static float[] firstAdamStep(float[] weights, float[] gradient, AdamNumbers numbers) {
    double rate = numbers.learningRate() * Math.sqrt(1 - numbers.beta2()) / (1 - numbers.beta1());
    double[] result = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      double m = (1 - numbers.beta1()) * gradient[i];
      double v = (1 - numbers.beta2()) * gradient[i] * gradient[i];
      result[i] = weights[i] - rate * m / (Math.sqrt(v) + numbers.epsilon());
    }
    return floats(result);
  }

  /** Hyperparameters of Adam. */
  record AdamNumbers(double learningRate, double beta1, double beta2, double epsilon) {}

  private static float[] floats(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
