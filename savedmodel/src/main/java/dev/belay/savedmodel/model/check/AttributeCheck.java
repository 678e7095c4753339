package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.model.op.ConstantTensor;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/** Validates the attributes of a node against those that its op declares. */
final class AttributeCheck {
  private static final String LIST = "list(";

  private AttributeCheck() {}

  /**
   * @param mayRefer whether values may be those of an enclosing function
   * @throws IllegalArgumentException if an attribute is not as declared; the message says what was
   *     found
   */
  static void check(OpDef definition, NodeDef node, boolean mayRefer) {
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      if (!attribute.hasDefaultValue() && !node.containsAttr(attribute.getName())) {
        throw new IllegalArgumentException("no attribute '" + attribute.getName() + "'");
      }
    }
    for (Map.Entry<String, AttrValue> given : node.getAttrMap().entrySet()) {
      if (given.getKey().startsWith("_")) {
        continue;
      }
      OpDef.AttrDef attribute = declared(definition, given.getKey());
      if (attribute == null) {
        throw new IllegalArgumentException(
            "attribute " + Names.show(given.getKey()) + ", which TensorFlow 2.10.1 does not know");
      }
      boolean refers = given.getValue().getValueCase() == AttrValue.ValueCase.PLACEHOLDER;
      if (!refers || !mayRefer) {
        checkValue(attribute, given.getValue());
      }
    }
  }

  private static OpDef.AttrDef declared(OpDef definition, String name) {
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      if (attribute.getName().equals(name)) {
        return attribute;
      }
    }
    return null;
  }

  private static void checkValue(OpDef.AttrDef attribute, AttrValue value) {
    String type = attribute.getType();
    boolean isList = type.startsWith(LIST);
    AttrValue.ValueCase expected = isList ? AttrValue.ValueCase.LIST : valueCase(type);
    // Other tools may have dropped an empty list.
    boolean emptyList = isList && value.getValueCase() == AttrValue.ValueCase.VALUE_NOT_SET;
    if (value.getValueCase() != expected && !emptyList) {
      throw new IllegalArgumentException(
          "attribute '" + attribute.getName() + "' of type " + value.getValueCase().name());
    }
    checkShapes(attribute, value);
    checkAllowed(attribute, value);
    if (attribute.getHasMinimum()) {
      long number = isList ? length(value.getList()) : value.getI();
      if (number < attribute.getMinimum()) {
        throw new IllegalArgumentException(
            "attribute '" + attribute.getName() + "' = " + number + ", below its minimum");
      }
    }
  }

  private static AttrValue.ValueCase valueCase(String type) {
    return switch (type) {
      case "int" -> AttrValue.ValueCase.I;
      case "float" -> AttrValue.ValueCase.F;
      case "bool" -> AttrValue.ValueCase.B;
      case "string" -> AttrValue.ValueCase.S;
      case "type" -> AttrValue.ValueCase.TYPE;
      case "shape" -> AttrValue.ValueCase.SHAPE;
      case "tensor" -> AttrValue.ValueCase.TENSOR;
      case "func" -> AttrValue.ValueCase.FUNC;
      default -> AttrValue.ValueCase.VALUE_NOT_SET;
    };
  }

  private static void checkShapes(OpDef.AttrDef attribute, AttrValue value) {
    try {
      if (value.hasShape()) {
        ConstantTensor.shape(value.getShape());
      }
      for (TensorShapeProto shape : value.getList().getShapeList()) {
        ConstantTensor.shape(shape);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "attribute '" + attribute.getName() + "': " + e.getMessage(), e);
    }
  }

  private static void checkAllowed(OpDef.AttrDef attribute, AttrValue value) {
    AttrValue.ListValue allowed = attribute.getAllowedValues().getList();
    boolean good = true;
    if (allowed.getTypeCount() > 0) {
      boolean single = value.getValueCase() == AttrValue.ValueCase.TYPE;
      good = !single || allowed.getTypeList().contains(value.getType());
      good &= allowed.getTypeList().containsAll(value.getList().getTypeList());
    }
    if (allowed.getSCount() > 0 && value.getValueCase() == AttrValue.ValueCase.S) {
      good &= allowed.getSList().contains(value.getS());
    }
    if (!good) {
      throw new IllegalArgumentException(
          "attribute '" + attribute.getName() + "' = " + shown(value) + ", which is not allowed");
    }
  }

  private static String shown(AttrValue value) {
    return switch (value.getValueCase()) {
      case TYPE -> value.getType().toString();
      case S -> Names.show(value.getS().toStringUtf8());
      default -> value.getList().getTypeList().toString();
    };
  }

  private static int length(AttrValue.ListValue list) {
    return list.getICount()
        + list.getFCount()
        + list.getBCount()
        + list.getSCount()
        + list.getTypeCount()
        + list.getShapeCount()
        + list.getTensorCount()
        + list.getFuncCount();
  }
}
