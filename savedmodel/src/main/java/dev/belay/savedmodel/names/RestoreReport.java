package dev.belay.savedmodel.names;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Result of restoring a model's weights from a file, with everything that does not fit.
 *
 * @param restored tensors restored from the file
 * @param missing tensors that the model needs and the file lacks
 * @param unexpected tensors of the file that the model has no place for
 * @param wrongShape tensors that differ in shape or type
 * @param fresh tensors of a new head, initialized at random: the only gap that is allowed
 */
public record RestoreReport(
    List<String> restored,
    List<String> missing,
    List<String> unexpected,
    List<Mismatch> wrongShape,
    List<String> fresh) {
  private static final int MOST_SHOWN = 20;

  /**
   * A tensor that does not fit.
   *
   * @param name canonical
   * @param wanted spec in the model
   * @param found spec in the file
   */
  public record Mismatch(String name, TensorSpec wanted, TensorSpec found) {
    @Override
    public String toString() {
      return "'" + name + "' is " + found + ", the model's " + wanted;
    }
  }

  public RestoreReport {
    restored = List.copyOf(restored);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    wrongShape = List.copyOf(wrongShape);
    fresh = List.copyOf(fresh);
  }

  /**
   * Compares the tensors of a model with those of a file, name by name.
   *
   * @param wanted the model's tensors
   * @param file the file's, under the same names
   * @param mayBeFresh tensors of a new head
   */
  public static RestoreReport compare(
      Map<String, TensorSpec> wanted, NamedTensors file, Set<String> mayBeFresh) {
    List<String> restored = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<Mismatch> wrongShape = new ArrayList<>();
    List<String> fresh = new ArrayList<>();
    wanted.forEach(
        (name, spec) -> {
          if (mayBeFresh.contains(name)) {
            fresh.add(name);
          } else if (!file.names().contains(name)) {
            missing.add(name);
          } else if (!file.spec(name).equals(spec)) {
            wrongShape.add(new Mismatch(name, spec, file.spec(name)));
          } else {
            restored.add(name);
          }
        });
    Set<String> unexpected = new TreeSet<>(file.names());
    unexpected.removeAll(wanted.keySet());
    return new RestoreReport(restored, missing, List.copyOf(unexpected), wrongShape, fresh);
  }

  /**
   * Returns whether every tensor but those of a new head came from the file, and none was left
   * over.
   */
  public boolean isComplete() {
    return missing.isEmpty() && unexpected.isEmpty() && wrongShape.isEmpty();
  }

  /**
   * Refuses everything that does not fit, in one error.
   *
   * @param file that the weights come from
   * @throws UnsupportedModelException unless the report {@link #isComplete}
   */
  public void requireComplete(Path file) throws UnsupportedModelException {
    if (!isComplete()) {
      throw new UnsupportedModelException(file, "weights", describe());
    }
  }

  /** The report as one paragraph. */
  public String describe() {
    List<String> parts = new ArrayList<>();
    part(parts, "missing", missing);
    part(parts, "unexpected", unexpected);
    part(parts, "of another shape", wrongShape);
    part(parts, "fresh", fresh);
    return restored.size()
        + " tensors restored"
        + (parts.isEmpty() ? "" : "; " + String.join("; ", parts));
  }

  private static void part(List<String> parts, String what, List<?> names) {
    if (!names.isEmpty()) {
      List<?> shown = names.subList(0, Math.min(MOST_SHOWN, names.size()));
      String more = names.size() > MOST_SHOWN ? " and " + (names.size() - MOST_SHOWN) : "";
      parts.add(names.size() + " " + what + ": " + shown + more);
    }
  }
}
