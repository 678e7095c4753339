package dev.belay.savedmodel.hdf5;

import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.List;

/**
 * A tensor of a file.
 *
 * @param spec as {@link Hdf5Contents#read} returns it
 * @param paths its paths: more than one if layers share it
 */
record StoredDataset(TensorSpec spec, List<String> paths) {
  StoredDataset {
    paths = List.copyOf(paths);
  }
}
