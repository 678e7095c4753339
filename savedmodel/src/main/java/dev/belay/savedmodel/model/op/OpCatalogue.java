package dev.belay.savedmodel.model.op;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.OpList;

/**
 * Catalogue of all ops that the native library of TensorFlow 2.10.1 registers, with their inputs
 * and outputs, except those whose names begin with "_", which only the runtime may create.
 *
 * <p>It is read from a resource, so that a foreign graph can be judged before native code is
 * loaded. A test compares the resource with the native registry, and rewrites it on request.
 */
public final class OpCatalogue {
  /** Path of the resource: a gzipped {@code OpList}, sorted by name, without descriptions. */
  public static final String RESOURCE = "/dev/belay/savedmodel/model/op/ops-2.10.1.pb.gz";

  private final Map<String, OpDef> definitions;

  private OpCatalogue(Map<String, OpDef> definitions) {
    this.definitions = Collections.unmodifiableMap(definitions);
  }

  /** The catalogue, read on first use. */
  public static OpCatalogue get() {
    return Holder.CATALOGUE;
  }

  /** The definition of an op, or nothing if TensorFlow 2.10.1 has no such op. */
  public Optional<OpDef> find(String op) {
    return Optional.ofNullable(definitions.get(op));
  }

  /** The names of all ops. */
  public Set<String> names() {
    return definitions.keySet();
  }

  private static final class Holder {
    static final OpCatalogue CATALOGUE = read();

    private static OpCatalogue read() {
      try (InputStream resource = OpCatalogue.class.getResourceAsStream(RESOURCE)) {
        if (resource == null) {
          throw new IllegalStateException("no resource " + RESOURCE);
        }
        Map<String, OpDef> definitions = new HashMap<>();
        for (OpDef definition : OpList.parseFrom(new GZIPInputStream(resource)).getOpList()) {
          definitions.put(definition.getName(), definition);
        }
        return new OpCatalogue(definitions);
      } catch (IOException e) {
        throw new UncheckedIOException("resource " + RESOURCE, e);
      }
    }
  }
}
