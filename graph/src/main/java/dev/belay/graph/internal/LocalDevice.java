package dev.belay.graph.internal;

/**
 * Device that TensorFlow found.
 *
 * @param name such as {@code /job:localhost/replica:0/task:0/device:GPU:0}
 * @param type CPU or GPU
 * @param memoryBytes memory that TensorFlow may use
 */
public record LocalDevice(String name, String type, long memoryBytes) {

  /** Such as {@code GPU:0}. */
  public String shortName() {
    return name.substring(name.lastIndexOf("device:") + "device:".length());
  }
}
