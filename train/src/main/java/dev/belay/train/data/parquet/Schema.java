package dev.belay.train.data.parquet;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the columns of a table from the flat list of its schema. */
final class Schema {
  private static final int OPTIONAL = 1;
  private static final int REPEATED = 2;

  private static final int CONVERTED_UTF8 = 0;
  private static final int CONVERTED_LIST = 3;
  private static final int CONVERTED_ENUM = 4;
  private static final int CONVERTED_UINT_32 = 13;
  private static final int CONVERTED_UINT_64 = 14;
  private static final int CONVERTED_JSON = 19;

  /** Numbers that count days, hours or hundredths. */
  private static final Set<Integer> CONVERTED_OTHER = Set.of(5, 6, 7, 8, 9, 10, 21);

  private static final int LOGICAL_STRING = 1;
  private static final int LOGICAL_LIST = 3;

  /** The same among the newer types, UUID and half precision. */
  private static final Set<Integer> LOGICAL_OTHER = Set.of(5, 6, 7, 8, 14, 15);

  private final List<ThriftReader.Struct> elements;
  private int next = 1;
  private int chunks;

  private Schema(List<ThriftReader.Struct> elements) {
    this.elements = elements;
  }

  /** The columns of a table. */
  static List<Field> fields(List<ThriftReader.Struct> elements) {
    if (elements.isEmpty()) {
      throw new ParquetException("the footer has no schema");
    }
    Schema schema = new Schema(elements);
    List<Field> fields = new ArrayList<>();
    long count = elements.get(0).number(5, 0);
    for (long i = 0; i < count; i++) {
      fields.add(schema.field());
    }
    return fields;
  }

  private ThriftReader.Struct next() {
    if (next >= elements.size()) {
      throw new ParquetException("the schema ends too early");
    }
    return elements.get(next++);
  }

  private Field field() {
    ThriftReader.Struct element = next();
    String name = element.text(4);
    int outer = element.number(3, 0) == OPTIONAL ? 1 : 0;
    if (isLeaf(element)) {
      boolean repeated = element.number(3, 0) == REPEATED;
      return field(name, element, repeated ? 1 : 0, repeated ? 1 : outer, repeated ? 1 : 0);
    }
    if (isList(element)) {
      return list(name, outer);
    }
    skipChildren(element);
    return new Field(name, Optional.empty(), "a struct or a map");
  }

  private Field list(String name, int outer) {
    ThriftReader.Struct repeated = next();
    if (isLeaf(repeated)) {
      return field(name, repeated, 1, outer + 1, outer + 1);
    }
    ThriftReader.Struct element = next();
    if (repeated.number(5) == 1 && isLeaf(element)) {
      int definition = outer + 1 + (element.number(3, 0) == OPTIONAL ? 1 : 0);
      return field(name, element, 1, definition, outer + 1);
    }
    next--;
    skipChildren(repeated);
    return new Field(name, Optional.empty(), "a list of lists or structs");
  }

  private Field field(
      String name, ThriftReader.Struct element, int repetition, int definition, int list) {
    int chunk = chunks++;
    Optional<Leaf.Type> type = type(element);
    return new Field(
        name,
        type.map(as -> new Leaf(chunk, kind(as), as, repetition, definition, list)),
        "bytes, a date, a time or another type");
  }

  private void skipChildren(ThriftReader.Struct group) {
    long children = group.number(5, 0);
    for (long i = 0; i < children; i++) {
      ThriftReader.Struct child = next();
      if (isLeaf(child)) {
        chunks++;
      } else {
        skipChildren(child);
      }
    }
  }

  private static boolean isLeaf(ThriftReader.Struct element) {
    return element.number(5, 0) == 0;
  }

  private static boolean isList(ThriftReader.Struct element) {
    return element.number(5) == 1
        && (element.number(6, -1) == CONVERTED_LIST
            || (element.has(10) && element.struct(10).has(LOGICAL_LIST)));
  }

  private static Kind kind(Leaf.Type type) {
    return switch (type) {
      case BOOLEAN -> Kind.TRUTH;
      case INT32, UINT32, INT64 -> Kind.INTEGER;
      case FLOAT, DOUBLE -> Kind.DECIMAL;
      case BYTES -> Kind.TEXT;
    };
  }

  /** How values are stored; empty if they are of no kind that Belay reads. */
  private static Optional<Leaf.Type> type(ThriftReader.Struct element) {
    int converted = (int) element.number(6, -1);
    Set<Integer> logical = element.has(10) ? element.struct(10).fields().keySet() : Set.of();
    if (CONVERTED_OTHER.contains(converted)
        || converted == CONVERTED_UINT_64
        || logical.stream().anyMatch(LOGICAL_OTHER::contains)) {
      return Optional.empty();
    }
    boolean text =
        converted == CONVERTED_UTF8
            || converted == CONVERTED_ENUM
            || converted == CONVERTED_JSON
            || logical.contains(LOGICAL_STRING);
    return switch ((int) element.number(1)) {
      case 0 -> Optional.of(Leaf.Type.BOOLEAN);
      case 1 -> Optional.of(converted == CONVERTED_UINT_32 ? Leaf.Type.UINT32 : Leaf.Type.INT32);
      case 2 -> Optional.of(Leaf.Type.INT64);
      case 4 -> Optional.of(Leaf.Type.FLOAT);
      case 5 -> Optional.of(Leaf.Type.DOUBLE);
      case 6 -> text ? Optional.of(Leaf.Type.BYTES) : Optional.empty();
      default -> Optional.empty();
    };
  }
}
