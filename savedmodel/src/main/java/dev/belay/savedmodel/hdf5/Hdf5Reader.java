package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Reads weights from HDF5 files, through jHDF.
 *
 * <p>A file of Keras lists its layers in {@code layer_names} and each layer's variables in {@code
 * weight_names}; those are the names. In any other file a tensor's name is its path.
 */
public final class Hdf5Reader {
  /** The suffix of a file's name. */
  public static final String SUFFIX = ".h5";

  /** The suffix of an index's name. */
  public static final String INDEX_SUFFIX = ".h5.index.json";

  private static final String LAYERS = "layer_names";
  private static final String WEIGHTS = "weight_names";
  private static final String MODEL_CONFIG = "model_config";
  private static final String MODEL_WEIGHTS = "model_weights";
  private static final String TOP_LEVEL = "top_level_model_weights";
  private static final String VALUE = ":0";

  /** Limit for the objects of a file, against loops and decompression bombs. */
  private static final int MOST_OBJECTS = 200_000;

  private static final int DEEPEST = 100;

  /** Largest compression ratio of deflate; no other filter compresses floats so far. */
  private static final long MOST_COMPRESSED = 1032;

  private final Path file;
  private final long fileBytes;
  private final Map<String, StoredDataset> tensors = new LinkedHashMap<>();
  private int objects;
  private boolean wholeModel;

  private Hdf5Reader(Path file, long fileBytes) {
    this.file = file;
    this.fileBytes = fileBytes;
  }

  /**
   * Opens a file, or all files of an index.
   *
   * @param path an HDF5 file, or a {@code .h5.index.json}
   * @throws CorruptModelException if any is invalid, or the index and its files do not agree
   * @throws UnsupportedModelException if it holds something other than tensors of numbers
   * @throws IOException if it cannot be read
   */
  public static NamedTensors open(Path path) throws IOException {
    return path.getFileName().toString().endsWith(INDEX_SUFFIX)
        ? ShardedHdf5.open(path)
        : openFile(path);
  }

  /** The same for one file. */
  public static Hdf5Contents openFile(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CorruptModelException(file, "file", "an HDF5 file", "no such file");
    }
    Superblock.check(file);
    Hdf5Reader reader = new Hdf5Reader(file, Files.size(file));
    Hdf5Guard.guarded(
        file,
        "file",
        () -> {
          try (HdfFile hdf = new HdfFile(file)) {
            reader.readFrom(hdf);
            return null;
          }
        });
    if (reader.tensors.isEmpty()) {
      throw new CorruptModelException(file, "file", "tensors", "none");
    }
    return new Hdf5Contents(file, reader.tensors, reader.wholeModel);
  }

  private void readFrom(HdfFile hdf) throws IOException {
    Group root = hdf;
    wholeModel = hdf.getAttribute(MODEL_CONFIG) != null;
    if (hdf.getAttribute(LAYERS) == null
        && hdf.getChild(MODEL_WEIGHTS) instanceof Group whole
        && whole.getAttribute(LAYERS) != null) {
      root = whole;
    }
    if (root.getAttribute(LAYERS) == null) {
      readTree(root, 0, new HashSet<>());
      return;
    }
    List<String> layers = new ArrayList<>(Attributes.strings(file, root, LAYERS));
    if (root.getChild(TOP_LEVEL) != null) {
      layers.add(TOP_LEVEL);
    }
    for (String layer : layers) {
      Node child = byPath(root, layer);
      if (child instanceof Dataset dataset) {
        add(withoutSuffix(layer), dataset); // a file of several, whose layers are its tensors
        continue;
      }
      if (!(child instanceof Group group)) {
        throw refused(LAYERS + ", '" + layer + "'", "a group of that name", "none");
      }
      for (String weight : Attributes.strings(file, group, WEIGHTS)) {
        Node node = byPath(group, weight);
        if (!(node instanceof Dataset dataset)) {
          throw refused(group.getPath() + WEIGHTS + ", '" + weight + "'", "a dataset", "none");
        }
        add(withoutSuffix(weight), dataset);
      }
    }
  }

  /** The tree of the file, for files that are not in Keras' older form. */
  private void readTree(Group group, int depth, Set<Long> above) throws IOException {
    if (depth > DEEPEST || !above.add(group.getAddress())) {
      throw refused(group.getPath(), "a tree of groups", "a group within itself, or too deep");
    }
    for (Node node : group.getChildren().values()) {
      if (++objects > MOST_OBJECTS) {
        throw refused(node.getPath(), "at most " + MOST_OBJECTS + " objects", "more");
      }
      if (node instanceof Group inner) {
        readTree(inner, depth + 1, above);
      } else if (node instanceof Dataset dataset) {
        String path = dataset.getPath();
        add(withoutSuffix(path.substring(1)), dataset);
      }
    }
    above.remove(group.getAddress());
  }

  private static Node byPath(Group group, String path) {
    Node node = group;
    for (String step : path.split("/")) {
      node = node instanceof Group inner ? inner.getChild(step) : null;
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  private void add(String name, Dataset dataset) throws IOException {
    String where = "dataset '" + dataset.getPath() + "'";
    TensorSpec spec = new TensorSpec(dtype(where, dataset), shape(dataset));
    checkSize(where, dataset, spec);
    StoredDataset before = tensors.get(name);
    if (before == null) {
      tensors.put(name, new StoredDataset(spec, List.of(dataset.getPath())));
    } else if (before.spec().equals(spec)) {
      // Keras writes a variable that several layers share once per layer.
      List<String> paths = new ArrayList<>(before.paths());
      paths.add(dataset.getPath());
      tensors.put(name, new StoredDataset(spec, paths));
    } else {
      throw refused(where, before.spec() + " as " + before.paths().get(0), spec.toString());
    }
  }

  private DataType dtype(String where, Dataset dataset) throws IOException {
    return NumberType.of(dataset.getDataType())
        .orElseThrow(
            () ->
                new UnsupportedModelException(
                    file,
                    where,
                    "elements of "
                        + dataset.getDataType().getClass().getSimpleName()
                        + ", "
                        + dataset.getDataType().getSize()
                        + " bytes each; Belay reads IEEE floats and whole numbers"));
  }

  private static Shape shape(Dataset dataset) {
    return dataset.isScalar()
        ? Shape.scalar()
        : Shape.of(Arrays.stream(dataset.getDimensions()).mapToLong(d -> d).toArray());
  }

  private void checkSize(String where, Dataset dataset, TensorSpec spec)
      throws CorruptModelException {
    boolean plain = dataset.getFilters().isEmpty();
    long most = plain ? fileBytes : Math.multiplyExact(fileBytes, MOST_COMPRESSED);
    long bytes;
    try {
      bytes = Math.multiplyExact(spec.elements(), (long) dataset.getDataType().getSize());
    } catch (ArithmeticException tooMany) {
      bytes = Long.MAX_VALUE;
    }
    // A dataset that was never written takes no room in the file: all of it is a fill value.
    if (bytes > most || (spec.elements() > 0 && dataset.getStorageInBytes() == 0)) {
      throw refused(
          where,
          "elements that a file of " + fileBytes + " bytes can hold",
          spec + (bytes > most ? "" : " without any bytes"));
    }
    if (bytes > Integer.MAX_VALUE) {
      throw refused(where, "less than 2 GB, the most that Belay reads at once", spec.toString());
    }
  }

  /** Without the ":0" of TensorFlow. */
  static String withoutSuffix(String name) {
    return name.endsWith(VALUE) ? name.substring(0, name.length() - VALUE.length()) : name;
  }

  private CorruptModelException refused(String where, String expected, String found) {
    return new CorruptModelException(file, where, expected, found);
  }
}
