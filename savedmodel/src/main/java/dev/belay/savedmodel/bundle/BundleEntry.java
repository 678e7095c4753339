package dev.belay.savedmodel.bundle;

import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.Comparator;
import java.util.List;

/**
 * Validated entry of the index for one tensor.
 *
 * @param spec type and shape, of the whole for a partitioned tensor
 * @param place where its bytes are; without meaning for a partitioned tensor
 * @param checksum masked CRC of its bytes
 * @param slices the parts of a partitioned tensor, each with its own entry; else empty
 */
record BundleEntry(TensorSpec spec, Place place, int checksum, List<TensorSlice> slices) {

  /** By shard and offset: the order in which to read a file once, from front to back. */
  static final Comparator<Place> FILE_ORDER =
      Comparator.comparingInt(Place::shard).thenComparingLong(Place::offset);

  /**
   * A range of bytes.
   *
   * @param shard number of the data file
   * @param offset of the first byte
   * @param size in bytes
   */
  record Place(int shard, long offset, long size) {}

  BundleEntry {
    slices = List.copyOf(slices);
  }

  boolean isPartitioned() {
    return !slices.isEmpty();
  }
}
