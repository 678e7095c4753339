package dev.belay.tools.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;

/** Changes one field somewhere in a protocol buffer, whatever its type. */
final class MessageMutation {
  private MessageMutation() {}

  /**
   * Walks down at random and changes the field it ends at.
   *
   * @return which field, and how
   */
  static String of(Dice dice, Message.Builder message) {
    List<FieldDescriptor> set = new ArrayList<>(message.getAllFields().keySet());
    if (set.isEmpty() || dice.chance(5)) {
      List<FieldDescriptor> all = message.getDescriptorForType().getFields();
      return all.isEmpty() ? "nothing" : fill(dice, message, dice.of(all));
    }
    FieldDescriptor field = dice.of(set);
    boolean descends = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !dice.chance(8);
    if (!descends) {
      return change(dice, message, field);
    }
    if (!field.isRepeated()) {
      Message.Builder inner = ((Message) message.getField(field)).toBuilder();
      String what = of(dice, inner);
      message.setField(field, inner.build());
      return field.getName() + "." + what;
    }
    int index = dice.below(message.getRepeatedFieldCount(field));
    Message.Builder inner = ((Message) message.getRepeatedField(field, index)).toBuilder();
    String what = of(dice, inner);
    message.setRepeatedField(field, index, inner.build());
    return field.getName() + "[" + index + "]." + what;
  }

  private static String change(Dice dice, Message.Builder message, FieldDescriptor field) {
    if (!field.isRepeated()) {
      if (dice.chance(20)) {
        message.clearField(field);
        return field.getName() + " cleared";
      }
      return fill(dice, message, field);
    }
    int count = message.getRepeatedFieldCount(field);
    List<Object> values = new ArrayList<>((List<?>) message.getField(field));
    int index = dice.below(count);
    String what;
    switch (dice.below(4)) {
      case 0 -> {
        values.remove(index);
        what = " removed";
      }
      case 1 -> {
        values.add(dice.below(count + 1), values.get(index));
        what = " doubled";
      }
      case 2 -> {
        Object other = values.get(dice.below(count));
        values.set(index, other);
        what = " replaced by another";
      }
      default -> {
        values.set(index, value(dice, message, field));
        what = " changed";
      }
    }
    message.setField(field, values);
    return field.getName() + "[" + index + "]" + what;
  }

  private static String fill(Dice dice, Message.Builder message, FieldDescriptor field) {
    if (field.isRepeated()) {
      for (int i = 0; i <= dice.below(3); i++) {
        message.addRepeatedField(field, value(dice, message, field));
      }
      return field.getName() + " added";
    }
    message.setField(field, value(dice, message, field));
    return field.getName() + " set";
  }

  private static Object value(Dice dice, Message.Builder message, FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT -> (int) dice.number();
      case LONG -> dice.number();
      case FLOAT -> Float.intBitsToFloat((int) dice.number());
      case DOUBLE -> Double.longBitsToDouble(dice.number());
      case BOOLEAN -> dice.chance(50);
      case STRING -> dice.oddText();
      case BYTE_STRING -> ByteString.copyFrom(dice.bytes(dice.below(40)));
      case ENUM -> anyOf(dice, field.getEnumType());
      case MESSAGE -> message.newBuilderForField(field).buildPartial();
    };
  }

  /** A value of an enum, now and then one that it does not have. */
  private static Object anyOf(Dice dice, EnumDescriptor type) {
    return dice.chance(20)
        ? type.findValueByNumberCreatingIfUnknown((int) dice.number())
        : dice.of(type.getValues());
  }
}
