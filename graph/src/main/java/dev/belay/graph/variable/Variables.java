package dev.belay.graph.variable;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;

/**
 * Variables of one part of a graph (the model, a head, the optimizer's slots) in a fixed order.
 * Each was added by name; none is discovered by scanning op types. The graph owns the nodes.
 */
public final class Variables implements Iterable<GraphVariable> {
  private final Scope scope;
  private final Map<String, GraphVariable> byName = new LinkedHashMap<>();

  /**
   * An empty set.
   *
   * @param tf where new nodes go; it must carry no control dependency
   */
  public Variables(Ops tf) {
    this.scope = tf.scope().withSubScope("variables");
  }

  /** Adds a new variable. Its value is undefined until it is assigned. */
  public GraphVariable create(VariableSpec spec) {
    String node = nodeName(spec.name());
    Output<?> handle =
        scope
            .opBuilder("VarHandleOp", node + ".handle")
            .setAttr("dtype", spec.dtype())
            .setAttr("shape", spec.shape())
            // Unique in the graph, as the declared name need not be; variables that share a shared
            // name are one variable.
            .setAttr("shared_name", scope.makeOpName(node + ".shared"))
            .setAttr("container", "")
            .build()
            .output(0);
    return add(spec, handle, read(spec, handle));
  }

  /**
   * Adds a variable that the graph already holds.
   *
   * @param handle its VarHandleOp
   * @param value its read, or null to add one
   */
  public GraphVariable bind(VariableSpec spec, Output<?> handle, Output<?> value) {
    return add(spec, handle, value == null ? read(spec, handle) : value);
  }

  /** The variable of that name. */
  public GraphVariable get(String name) {
    GraphVariable variable = byName.get(name);
    if (variable == null) {
      throw new IllegalArgumentException(
          "There is no variable "
              + name
              + "; the "
              + byName.size()
              + " known are "
              + byName.keySet()
              + ".");
    }
    return variable;
  }

  /** The variables that an optimizer changes, in order. */
  public List<GraphVariable> trainable() {
    return byName.values().stream().filter(variable -> variable.spec().trainable()).toList();
  }

  /** All variables, in order. */
  public List<GraphVariable> all() {
    return new ArrayList<>(byName.values());
  }

  @Override
  public Iterator<GraphVariable> iterator() {
    return all().iterator();
  }

  private GraphVariable add(VariableSpec spec, Output<?> handle, Output<?> value) {
    String node = nodeName(spec.name());
    Output<?> newValue =
        scope
            .opBuilder("Placeholder", node + ".new_value")
            .setAttr("dtype", spec.dtype())
            .setAttr("shape", spec.shape())
            .build()
            .output(0);
    Operation assign =
        scope
            .opBuilder("AssignVariableOp", node + ".assign")
            .addInput(handle)
            .addInput(newValue)
            .setAttr("dtype", spec.dtype())
            .build();
    GraphVariable variable = new GraphVariable(spec, handle, value, newValue, assign);
    if (byName.putIfAbsent(spec.name(), variable) != null) {
      throw new IllegalArgumentException(
          "Two variables are named "
              + spec.name()
              + "; names must be unique, so the second needs another one.");
    }
    return variable;
  }

  private Output<?> read(VariableSpec spec, Output<?> handle) {
    return scope
        .opBuilder("ReadVariableOp", nodeName(spec.name()) + ".read")
        .addInput(handle)
        .setAttr("dtype", spec.dtype())
        .build()
        .output(0);
  }

  /**
   * Variable names contain slashes and other characters that a node's name in a scope may not. All
   * nodes share one scope, since the runtime searches the whole graph whenever a scope is opened.
   */
  private static String nodeName(String name) {
    String safe = name.replaceAll("[^A-Za-z0-9_.-]", ".");
    return safe.matches("[A-Za-z0-9.].*") ? safe : "." + safe;
  }
}
