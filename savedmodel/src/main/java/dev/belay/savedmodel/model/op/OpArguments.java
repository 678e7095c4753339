package dev.belay.savedmodel.model.op;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.OpDef;

/**
 * Inputs or outputs of one node: the arguments of the op's definition, each with as many tensors as
 * the node's attributes say.
 *
 * @param arguments in order
 */
public record OpArguments(List<Argument> arguments) {
  /** Limit for the tensors of one argument; a larger number is treated as false. */
  public static final int MOST_TENSORS = 1 << 16;

  /**
   * An argument of a node.
   *
   * @param name in the definition: {@code product} in {@code MatMul:product:0}
   * @param types of its tensors; {@code DT_INVALID} where an attribute of the enclosing function
   *     decides
   * @param reference whether it is a reference to a TF1 variable
   */
  public record Argument(String name, List<DataType> types, boolean reference) {}

  /**
   * The inputs of a node.
   *
   * @throws IllegalArgumentException if an attribute that decides about it is missing or absurd
   */
  public static OpArguments inputs(OpDef definition, Map<String, AttrValue> attributes) {
    return of(definition, definition.getInputArgList(), attributes);
  }

  /**
   * The outputs of a node.
   *
   * @throws IllegalArgumentException if an attribute that decides about it is missing or absurd
   */
  public static OpArguments outputs(OpDef definition, Map<String, AttrValue> attributes) {
    return of(definition, definition.getOutputArgList(), attributes);
  }

  /** The types of all tensors, in order. */
  public List<DataType> types() {
    if (arguments.size() == 1) {
      return arguments.get(0).types();
    }
    List<DataType> types = new ArrayList<>();
    arguments.forEach(argument -> types.addAll(argument.types()));
    return types;
  }

  /** The number of tensors. */
  public int tensors() {
    int tensors = 0;
    for (Argument argument : arguments) {
      tensors += argument.types().size();
    }
    return tensors;
  }

  /** An attribute of a node, or its default. */
  public static Optional<AttrValue> attribute(
      OpDef definition, Map<String, AttrValue> attributes, String name) {
    AttrValue value = attributes.get(name);
    if (value != null) {
      return Optional.of(value);
    }
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      if (attribute.getName().equals(name) && attribute.hasDefaultValue()) {
        return Optional.of(attribute.getDefaultValue());
      }
    }
    return Optional.empty();
  }

  private static OpArguments of(
      OpDef definition, List<OpDef.ArgDef> arguments, Map<String, AttrValue> attributes) {
    List<Argument> expanded = new ArrayList<>();
    for (OpDef.ArgDef argument : arguments) {
      expanded.add(
          new Argument(
              argument.getName(), types(definition, argument, attributes), argument.getIsRef()));
    }
    return new OpArguments(List.copyOf(expanded));
  }

  private static List<DataType> types(
      OpDef definition, OpDef.ArgDef argument, Map<String, AttrValue> attributes) {
    if (!argument.getTypeListAttr().isEmpty()) {
      AttrValue list = require(definition, attributes, argument.getTypeListAttr());
      requireAtMost(definition, argument, list.getList().getTypeCount());
      return List.copyOf(list.getList().getTypeList());
    }
    DataType type = argument.getType();
    if (!argument.getTypeAttr().isEmpty()) {
      type = require(definition, attributes, argument.getTypeAttr()).getType();
    }
    if (argument.getNumberAttr().isEmpty()) {
      return List.of(type);
    }
    long number = require(definition, attributes, argument.getNumberAttr()).getI();
    requireAtMost(definition, argument, number);
    return Collections.nCopies((int) number, type);
  }

  private static AttrValue require(
      OpDef definition, Map<String, AttrValue> attributes, String name) {
    return attribute(definition, attributes, name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no attribute '" + name + "', which " + definition.getName() + " needs"));
  }

  private static void requireAtMost(OpDef definition, OpDef.ArgDef argument, long number) {
    if (number < 0 || number > MOST_TENSORS) {
      throw new IllegalArgumentException(
          number + " tensors for " + definition.getName() + "'s '" + argument.getName() + "'");
    }
  }
}
