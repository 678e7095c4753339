package dev.belay.train.data.parquet;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads structures of Thrift's compact protocol, in which Parquet keeps what is not data. */
final class ThriftReader {
  private static final int MAX_DEPTH = 32;

  private static final int TRUE = 1;
  private static final int FALSE = 2;
  private static final int BYTE = 3;
  private static final int SHORT = 4;
  private static final int INT = 5;
  private static final int LONG = 6;
  private static final int DOUBLE = 7;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int SET = 10;
  private static final int STRUCT = 12;

  private final Bytes bytes;

  ThriftReader(Bytes bytes) {
    this.bytes = bytes;
  }

  /**
   * A structure: values by the numbers of its fields.
   *
   * @param fields Long, Boolean, byte[], List of these, or Struct
   */
  record Struct(Map<Integer, Object> fields) {
    boolean has(int field) {
      return fields.containsKey(field);
    }

    long number(int field) {
      if (fields.get(field) instanceof Long number) {
        return number;
      }
      throw new ParquetException("field " + field + " is missing");
    }

    long number(int field, long otherwise) {
      return has(field) ? number(field) : otherwise;
    }

    int size(int field) {
      long number = number(field);
      if (number < 0 || number > Integer.MAX_VALUE) {
        throw new ParquetException("field " + field + " is " + number);
      }
      return (int) number;
    }

    boolean truth(int field, boolean otherwise) {
      return fields.get(field) instanceof Boolean truth ? truth : otherwise;
    }

    String text(int field) {
      if (fields.get(field) instanceof byte[] text) {
        return new String(text, StandardCharsets.UTF_8);
      }
      throw new ParquetException("field " + field + " is missing");
    }

    Struct struct(int field) {
      if (fields.get(field) instanceof Struct struct) {
        return struct;
      }
      throw new ParquetException("field " + field + " is missing");
    }

    List<Struct> structs(int field) {
      List<Struct> structs = new ArrayList<>();
      if (fields.get(field) instanceof List<?> list) {
        for (Object element : list) {
          if (!(element instanceof Struct struct)) {
            throw new ParquetException("field " + field + " is no list of structures");
          }
          structs.add(struct);
        }
      }
      return structs;
    }
  }

  Struct read() {
    return struct(0);
  }

  private Struct struct(int depth) {
    if (depth > MAX_DEPTH) {
      throw new ParquetException("structures nest too deeply");
    }
    Map<Integer, Object> fields = new HashMap<>();
    int field = 0;
    for (int head = bytes.next(); head != 0; head = bytes.next()) {
      int step = head >> 4;
      field = step == 0 ? (int) zigzag() : field + step;
      int type = head & 0xF;
      boolean truth = type == TRUE || type == FALSE;
      fields.put(field, truth ? Boolean.valueOf(type == TRUE) : value(type, depth));
    }
    return new Struct(fields);
  }

  private Object value(int type, int depth) {
    return switch (type) {
      case TRUE, FALSE -> bytes.next() == TRUE;
      case BYTE -> (long) (byte) bytes.next();
      case SHORT, INT, LONG -> zigzag();
      case DOUBLE -> bytes.take(Double.BYTES);
      case BINARY -> bytes.take(bytes.count());
      case LIST, SET -> list(depth);
      case STRUCT -> struct(depth + 1);
      default -> throw new ParquetException("a value of the unknown type " + type);
    };
  }

  private List<Object> list(int depth) {
    int head = bytes.next();
    int size = head >> 4 == 0xF ? bytes.count() : head >> 4;
    if (size > bytes.remaining()) {
      throw new ParquetException("a list of " + size + " elements ends too early");
    }
    List<Object> list = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      list.add(value(head & 0xF, depth + 1));
    }
    return list;
  }

  private long zigzag() {
    long value = bytes.varint();
    return (value >>> 1) ^ -(value & 1);
  }
}
