package dev.belay.savedmodel.bundle;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.TensorSlice;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.proto.framework.TensorSliceProto;
import org.tensorflow.proto.util.BundleEntryProto;

/** Validates the entries of an index, with exact arithmetic, before they are used. */
final class EntryCheck {
  /** TensorFlow's own limit, {@code TensorShape::MaxDimensions}. */
  private static final int MAX_RANK = 254;

  /**
   * Limit for partitions. Real models have one per server; thousands would be an attack on the
   * check for overlaps.
   */
  private static final int MAX_SLICES = 4096;

  private final Path index;
  private final long[] shardBytes;

  /**
   * @param index the file that is checked
   * @param shardBytes the length of each data file
   */
  EntryCheck(Path index, long[] shardBytes) {
    this.index = index;
    this.shardBytes = shardBytes.clone();
  }

  BundleEntry check(Block.Entry raw) throws CorruptModelException {
    String where = "entry " + IndexTable.show(raw.key());
    BundleEntryProto proto;
    try {
      proto = BundleEntryProto.parseFrom(raw.value());
    } catch (InvalidProtocolBufferException e) {
      throw refused(where, "a BundleEntryProto", e.getMessage());
    }
    TensorSpec spec = new TensorSpec(dtype(where, proto), shape(where, proto.getShape()));
    long elements = elements(where, spec);
    List<TensorSlice> slices = slices(where, spec.shape(), proto.getSlicesList());
    BundleEntry.Place place =
        new BundleEntry.Place(proto.getShardId(), proto.getOffset(), proto.getSize());
    BundleEntry entry = new BundleEntry(spec, place, proto.getCrc32C(), slices);
    if (entry.isPartitioned()) {
      checkCover(where, spec.shape(), elements, slices);
    } else {
      checkPlace(where, place);
      checkSize(where, spec, elements, place.size());
    }
    return entry;
  }

  private DataType dtype(String where, BundleEntryProto proto) throws CorruptModelException {
    DataType dtype = proto.getDtype();
    if (dtype == DataType.DT_STRING || new TensorSpec(dtype, Shape.scalar()).isNumeric()) {
      return dtype;
    }
    String found =
        dtype == DataType.UNRECOGNIZED ? "number " + proto.getDtypeValue() : dtype.toString();
    throw refused(where, "a dtype of numbers, or DT_STRING", found);
  }

  private Shape shape(String where, TensorShapeProto proto) throws CorruptModelException {
    if (proto.getUnknownRank()) {
      throw refused(where, "a shape", "a shape of unknown rank");
    }
    if (proto.getDimCount() > MAX_RANK) {
      throw refused(
          where, "at most " + MAX_RANK + " dimensions", proto.getDimCount() + " dimensions");
    }
    long[] dimensions = new long[proto.getDimCount()];
    for (int d = 0; d < dimensions.length; d++) {
      dimensions[d] = proto.getDim(d).getSize();
      if (dimensions[d] < 0) {
        throw refused(where, "dimensions from 0", "dimension " + d + " of " + dimensions[d]);
      }
    }
    return Shape.of(dimensions);
  }

  private long elements(String where, TensorSpec spec) throws CorruptModelException {
    try {
      if (spec.isNumeric()) {
        spec.bytes();
      }
      return spec.elements();
    } catch (ArithmeticException e) {
      throw refused(where, "a size that 63 bits can count", "shape " + spec.shape());
    }
  }

  private void checkPlace(String where, BundleEntry.Place place) throws CorruptModelException {
    if (place.shard() < 0 || place.shard() >= shardBytes.length) {
      throw refused(where, "a shard below " + shardBytes.length, "shard " + place.shard());
    }
    long available = shardBytes[place.shard()];
    if (place.offset() < 0 || place.offset() > available) {
      throw refused(
          where,
          "an offset within the " + available + " bytes of shard " + place.shard(),
          "offset " + place.offset());
    }
    if (place.size() < 0 || place.size() > available - place.offset()) {
      throw refused(
          where,
          "at most " + (available - place.offset()) + " bytes from offset " + place.offset(),
          "size " + place.size());
    }
  }

  private void checkSize(String where, TensorSpec spec, long elements, long size)
      throws CorruptModelException {
    if (spec.isNumeric() && spec.bytes() != size) {
      throw refused(where, spec.bytes() + " bytes for " + spec, size + " bytes");
    }
    // Each string takes a byte for its length.
    if (!spec.isNumeric() && elements > size) {
      throw refused(where, "at least " + elements + " bytes for " + spec, size + " bytes");
    }
  }

  private List<TensorSlice> slices(String where, Shape whole, List<TensorSliceProto> protos)
      throws CorruptModelException {
    if (protos.size() > MAX_SLICES) {
      throw refused(where, "at most " + MAX_SLICES + " slices", protos.size() + " slices");
    }
    List<TensorSlice> slices = new ArrayList<>();
    for (TensorSliceProto proto : protos) {
      try {
        List<TensorSlice.Extent> extents = new ArrayList<>();
        for (TensorSliceProto.Extent extent : proto.getExtentList()) {
          boolean full =
              extent.getHasLengthCase() == TensorSliceProto.Extent.HasLengthCase.HASLENGTH_NOT_SET;
          extents.add(
              full
                  ? TensorSlice.Extent.FULL
                  : new TensorSlice.Extent(extent.getStart(), extent.getLength()));
        }
        TensorSlice slice = new TensorSlice(extents);
        slice.resolve(whole);
        slices.add(slice);
      } catch (IllegalArgumentException e) {
        throw refused(where, "slices within shape " + whole, e.getMessage());
      }
    }
    return slices;
  }

  /** Slices that share no element and together have as many elements as the whole cover it. */
  private void checkCover(String where, Shape whole, long elements, List<TensorSlice> slices)
      throws CorruptModelException {
    List<TensorSlice> resolved = slices.stream().map(slice -> slice.resolve(whole)).toList();
    long covered = 0;
    for (int i = 0; i < resolved.size(); i++) {
      covered += resolved.get(i).shapeIn(whole).size();
      for (int j = 0; j < i; j++) {
        if (resolved.get(i).overlaps(resolved.get(j))) {
          throw refused(where, "slices without overlap", slices.get(j) + " and " + slices.get(i));
        }
      }
    }
    if (covered != elements) {
      throw refused(
          where, "slices that make up " + whole, covered + " of its " + elements + " elements");
    }
  }

  private CorruptModelException refused(String where, String expected, String found) {
    return new CorruptModelException(index, where, expected, found);
  }
}
