package dev.belay.savedmodel.names;

import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tensors under other names and in another layout, converted when they are read. */
public final class RenamedTensors implements NamedTensors {
  private final NamedTensors source;
  private final Map<String, DialectName> sources;
  private final boolean toCanonical;

  private RenamedTensors(
      NamedTensors source, Map<String, DialectName> sources, boolean toCanonical) {
    this.source = source;
    this.sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
    this.toCanonical = toCanonical;
  }

  /**
   * A file's tensors under their canonical names.
   *
   * @param sources for every canonical name the file's, with the layout it is kept in
   * @throws IllegalArgumentException if a tensor lacks the shape that its layout needs
   */
  public static RenamedTensors canonical(NamedTensors file, Map<String, DialectName> sources) {
    RenamedTensors renamed = new RenamedTensors(file, sources, true);
    renamed.names().forEach(renamed::spec);
    return renamed;
  }

  /**
   * Canonical tensors under a dialect's names.
   *
   * @param targets for every canonical name the dialect's; tensors without a name are left out
   */
  public static RenamedTensors inDialect(NamedTensors canonical, Map<String, DialectName> targets) {
    Map<String, DialectName> sources = new LinkedHashMap<>();
    targets.forEach(
        (name, target) -> sources.put(target.name(), new DialectName(name, target.layout())));
    return new RenamedTensors(canonical, sources, false);
  }

  @Override
  public Set<String> names() {
    return sources.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    DialectName from = from(name);
    TensorSpec spec = source.spec(from.name());
    try {
      return toCanonical ? from.layout().canonical(spec) : from.layout().stored(spec);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("tensor '" + from.name() + "': " + e.getMessage(), e);
    }
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    DialectName from = from(name);
    return from.layout() == Layout.TRANSPOSED
        ? pieces(name).joined(spec(name).bytes())
        : source.read(from.name());
  }

  @Override
  public TensorPieces pieces(String name) {
    DialectName from = from(name);
    if (from.layout() != Layout.TRANSPOSED) {
      return source.pieces(from.name());
    }
    TensorSpec spec = source.spec(from.name());
    return sink -> from.layout().reorder(spec, source.read(from.name())).forEach(sink);
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return source.readStrings(from(name).name());
  }

  private DialectName from(String name) {
    DialectName from = sources.get(name);
    if (from == null) {
      throw new IllegalArgumentException("no tensor '" + name + "'");
    }
    return from;
  }
}
