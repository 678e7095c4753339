package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import io.jhdf.api.Attribute;
import io.jhdf.api.Group;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Lists of strings that Keras keeps as attributes. */
final class Attributes {
  private Attributes() {}

  /**
   * A list. HDF5 holds at most 64 KB in an attribute, so Keras splits longer lists into {@code
   * NAME0}, {@code NAME1} and so on.
   */
  static List<String> strings(Path file, Group group, String name) throws CorruptModelException {
    List<String> all = new ArrayList<>();
    Attribute whole = group.getAttribute(name);
    if (whole != null) {
      add(file, whole, all);
      return all;
    }
    Attribute part = group.getAttribute(name + 0);
    if (part == null) {
      throw new CorruptModelException(
          file, "group '" + group.getPath() + "'", "the attribute " + name, "none");
    }
    for (int i = 1; part != null; i++) {
      add(file, part, all);
      part = group.getAttribute(name + i);
    }
    return all;
  }

  private static void add(Path file, Attribute attribute, List<String> all)
      throws CorruptModelException {
    // numpy makes an array of floats of an empty list.
    if (attribute.isEmpty() || attribute.getSize() == 0) {
      return;
    }
    Object data = attribute.getData();
    if (data instanceof String one) {
      all.add(one);
    } else if (data instanceof String[] several) {
      all.addAll(List.of(several));
    } else {
      throw new CorruptModelException(
          file,
          "attribute '" + attribute.getName() + "'",
          "a list of strings",
          data.getClass().getSimpleName());
    }
  }
}
