package dev.belay.train.data.parquet;

import io.airlift.compress.Decompressor;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;

/** Compression of pages, by the number that the format has for it. */
enum Compression {
  UNCOMPRESSED(0),
  SNAPPY(1),
  GZIP(2),
  LZO(3),
  BROTLI(4),
  LZ4(5),
  ZSTD(6),
  LZ4_RAW(7);

  /** Pages have about a megabyte; beyond this the file is not what it says. */
  static final int MAX_PAGE_BYTES = 1 << 28;

  private final int number;

  Compression(int number) {
    this.number = number;
  }

  static Compression of(long number) {
    for (Compression found : values()) {
      if (found.number == number) {
        return found.required();
      }
    }
    throw new ParquetException("a compression of the unknown number " + number);
  }

  private Compression required() {
    return switch (this) {
      case UNCOMPRESSED, SNAPPY, GZIP, ZSTD -> this;
      case LZO, BROTLI, LZ4, LZ4_RAW ->
          throw new ParquetException(
              "compressed by " + this + "; expected SNAPPY, GZIP, ZSTD or no compression");
    };
  }

  Bytes decompress(Bytes page, int size) {
    if (size < 0 || size > MAX_PAGE_BYTES) {
      throw new ParquetException("a page of " + size + " bytes");
    }
    byte[] in = page.take(page.remaining());
    return switch (this) {
      case SNAPPY -> decompress(new SnappyDecompressor(), in, size);
      case ZSTD -> decompress(new ZstdDecompressor(), in, size);
      case GZIP -> gunzip(in, size);
      default -> new Bytes(in);
    };
  }

  private static Bytes decompress(Decompressor decompressor, byte[] in, int size) {
    byte[] out = new byte[size];
    try {
      int count = decompressor.decompress(in, 0, in.length, out, 0, size);
      return requireSize(out, count);
    } catch (MalformedInputException | IllegalArgumentException e) {
      throw new ParquetException("a compressed page is damaged: " + e.getMessage());
    }
  }

  private static Bytes gunzip(byte[] in, int size) {
    try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(in))) {
      byte[] out = stream.readNBytes(size);
      return requireSize(out, out.length);
    } catch (IOException e) {
      throw new ParquetException("a compressed page is damaged: " + e.getMessage());
    }
  }

  private static Bytes requireSize(byte[] out, int count) {
    if (count != out.length) {
      throw new ParquetException("a page of " + count + " bytes in place of " + out.length);
    }
    return new Bytes(out);
  }
}
