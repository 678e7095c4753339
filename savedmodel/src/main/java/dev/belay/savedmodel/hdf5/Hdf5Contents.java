package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ContiguousDataset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of an HDF5 file; see {@link Hdf5Reader#open}. Half precision is returned as float32.
 *
 * <p>It holds no file open: each read opens the file again. A tensor stored in the returned form is
 * mapped, not copied: its file must not be shortened while the buffer is in use.
 */
public final class Hdf5Contents implements NamedTensors {
  private final Path file;
  private final Map<String, StoredDataset> tensors;
  private final boolean wholeModel;

  Hdf5Contents(Path file, Map<String, StoredDataset> tensors, boolean wholeModel) {
    this.file = file;
    this.wholeModel = wholeModel;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Returns whether Keras' {@code model.save} wrote it: layers and weights. */
  public boolean isWholeModel() {
    return wholeModel;
  }

  /** All names in the file's order, without the ":0" of TensorFlow. */
  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return tensor(name).spec();
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    StoredDataset tensor = tensor(name);
    ByteBuffer first = null;
    for (String path : tensor.paths()) {
      String where = "dataset '" + path + "'";
      ByteBuffer values = Hdf5Guard.guarded(file, where, () -> read(where, path, tensor.spec()));
      if (first != null && !first.equals(values)) {
        throw new CorruptModelException(
            file, where, "the values of '" + tensor.paths().get(0) + "', one variable", "others");
      }
      first = first == null ? values : first;
    }
    return first;
  }

  /** Always fails: weights are numbers. */
  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException("tensor '" + name + "' is " + tensor(name).spec());
  }

  private ByteBuffer read(String where, String path, TensorSpec spec) throws IOException {
    try (HdfFile hdf = new HdfFile(file)) {
      Dataset dataset = hdf.getDatasetByPath(path);
      if (Elements.areStoredAs(spec, dataset)) {
        return ((ContiguousDataset) dataset).getBuffer().order(ByteOrder.LITTLE_ENDIAN);
      }
      ByteBuffer bytes = Elements.littleEndian(dataset.getDataFlat(), (int) spec.bytes());
      if (bytes.hasRemaining()) {
        throw new CorruptModelException(
            file, where, spec.toString(), bytes.remaining() + " bytes less");
      }
      return bytes.flip();
    }
  }

  private StoredDataset tensor(String name) {
    StoredDataset tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor '" + name + "' in " + file);
    }
    return tensor;
  }
}
