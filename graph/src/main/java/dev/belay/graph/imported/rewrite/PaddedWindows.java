package dev.belay.graph.imported.rewrite;

import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces convolutions and pools that the native gradient mistakes for others by ops that it
 * supports:
 *
 * <ul>
 *   <li>a Conv2D of several groups: one Conv2D for each group, since a CPU has no gradient of it
 *   <li>explicit paddings: Pad before a VALID Conv2D, PadV2 with minus infinity before a VALID
 *       MaxPool
 *   <li>dilations of a Conv2D of stride 1: an undilated Conv2D of the batch of all phases
 *       (SpaceToBatchND, BatchToSpaceND), as TensorFlow Python's {@code with_space_to_batch}
 * </ul>
 */
public final class PaddedWindows implements GraphRewrite {
  private static final int[] NO_SPACE = {0, 0};

  @Override
  public void rewrite(NodeGraph graph) {
    for (NodeDef node : graph.nodes("Conv2D")) {
      grouped(graph, new Substitute(graph, node), node);
    }
    for (NodeDef node : graph.nodes()) {
      boolean isExplicit = text(node, "padding").equals("EXPLICIT");
      if (node.getOp().equals("MaxPool") && isExplicit) {
        maxPool(graph, node);
      } else if (node.getOp().equals("Conv2D") && isDilated(node) && movesBySingleSteps(node)) {
        dilated(new Substitute(graph, node), node);
        graph.note("Conv2D: dilation as a batch of phases");
      } else if (node.getOp().equals("Conv2D") && isExplicit && !isDilated(node)) {
        explicit(graph, node);
      }
    }
  }

  private static void grouped(NodeGraph graph, Substitute write, NodeDef node) {
    int channels = text(node, "data_format").equals("NCHW") ? 1 : 3;
    Shape image = write.shapeOf(0);
    Shape filter = write.shapeOf(1);
    if (image.numDimensions() != 4 || filter.numDimensions() != 4) {
      return;
    }
    long groups = image.get(channels) / filter.get(2);
    if (image.get(channels) <= 0 || filter.get(2) <= 0 || groups <= 1) {
      return;
    }
    String images = split(write, "images", write.input(0), channels, groups);
    String filters = split(write, "filters", write.input(1), 3, groups);
    NodeDef.Builder joined = write.start("joined", "ConcatV2");
    for (int group = 0; group < groups; group++) {
      String part = TensorName.of(images, group);
      joined.addInput(write.put(write.copy("group", part, TensorName.of(filters, group))));
    }
    write.by(
        joined
            .addInput(write.integer("channels", channels))
            .putAttr("N", Nodes.integer(groups))
            .putAttr("T", write.type())
            .putAttr("Tidx", Substitute.INT32));
    graph.note("Conv2D: a Conv2D for each group");
  }

  private static String split(
      Substitute write, String suffix, String tensor, int axis, long groups) {
    return write.put(
        write
            .start(suffix, "Split", write.integer(suffix + "_axis", axis), tensor)
            .putAttr("T", write.type())
            .putAttr("num_split", Nodes.integer(groups)));
  }

  private static void explicit(NodeGraph graph, NodeDef node) {
    Substitute write = new Substitute(graph, node);
    String padded =
        write.put(
            write
                .start("padded", "Pad", write.input(0), paddings(write, node))
                .putAttr("T", write.type())
                .putAttr("Tpaddings", Substitute.INT32));
    write.by(valid(node, padded, write.input(1)));
    graph.note("Conv2D: explicit paddings as Pad");
  }

  private static void maxPool(NodeGraph graph, NodeDef node) {
    Substitute write = new Substitute(graph, node);
    String lowest = write.constant("lowest", Double.NEGATIVE_INFINITY);
    String padded =
        write.put(
            write
                .start("padded", "PadV2", write.input(0), paddings(write, node), lowest)
                .putAttr("T", write.type())
                .putAttr("Tpaddings", Substitute.INT32));
    write.by(valid(node, padded));
    graph.note("MaxPool: explicit paddings as PadV2");
  }

  private static NodeDef.Builder valid(NodeDef node, String... inputs) {
    return node.toBuilder()
        .clearInput()
        .addAllInput(List.of(inputs))
        .putAttr("padding", Nodes.text("VALID"))
        .removeAttr("explicit_paddings");
  }

  /** The attribute's eight numbers as [4, 2]: before and after each dimension. */
  private static String paddings(Substitute write, NodeDef node) {
    String flat = write.integers("flat_paddings", ints(node, "explicit_paddings"));
    return write.put(
        write
            .start("paddings", "Reshape", flat, write.integers("four_by_two", 4, 2))
            .putAttr("T", Substitute.INT32)
            .putAttr("Tshape", Substitute.INT32));
  }

  /**
   * Height and width, both as vectors of two: padded to multiples of the dilations, so that the
   * elements of each phase of a window are adjacent in one image of the larger batch.
   */
  private static void dilated(Substitute write, NodeDef node) {
    boolean channelsFirst = text(node, "data_format").equals("NCHW");
    String image =
        channelsFirst ? transposed(write, "nhwc", write.input(0), 0, 2, 3, 1) : write.input(0);
    int[] dilation = spatial(node, ints(node, "dilations"));
    String block = write.integers("dilation", dilation);
    Padding padding = padding(write, node, block);
    String size =
        write.elements("size", write.shape("image_shape", image), write.integers("hw", 1, 2));
    String whole =
        write.integerOp(
            "whole",
            "AddV2",
            size,
            write.integerOp("padding", "AddV2", padding.before(), padding.after()));
    String rest = write.integerOp("rest", "FloorMod", write.integerOp("less", "Neg", whole), block);
    String end = write.integerOp("end", "AddV2", padding.after(), rest);
    String phases =
        write.put(
            write
                .start(
                    "phases",
                    "SpaceToBatchND",
                    image,
                    block,
                    write.pack("paddings", 1, padding.before(), end))
                .putAttr("T", write.type())
                .putAttr("Tblock_shape", Substitute.INT32)
                .putAttr("Tpaddings", Substitute.INT32));
    String product =
        write.put(
            valid(node, phases, write.input(1))
                .setName(write.start("product", "Conv2D").getName())
                .putAttr("data_format", Nodes.text("NHWC"))
                .putAttr("strides", list(1, 1, 1, 1))
                .putAttr("dilations", list(1, 1, 1, 1)));
    NodeDef.Builder joined =
        write
            .start(
                "joined",
                "BatchToSpaceND",
                product,
                block,
                write.pack("crops", 1, write.integers("none", NO_SPACE), rest))
            .putAttr("T", write.type())
            .putAttr("Tblock_shape", Substitute.INT32)
            .putAttr("Tcrops", Substitute.INT32);
    if (channelsFirst) {
      String perm = write.integers("to_nchw", 0, 3, 1, 2);
      write.by(
          write
              .start("nchw", "Transpose", write.put(joined), perm)
              .putAttr("T", write.type())
              .putAttr("Tperm", Substitute.INT32));
    } else {
      write.by(joined);
    }
  }

  /** Zeros before and after height and width, two int32 vectors of two. */
  private record Padding(String before, String after) {}

  private static Padding padding(Substitute write, NodeDef node, String dilation) {
    return switch (text(node, "padding")) {
      case "SAME" -> {
        // A window of k elements, d apart, extends (k - 1) d beyond its first.
        String kernel =
            write.elements(
                "kernel",
                write.shape("filter_shape", write.input(1)),
                write.integers("kernel_axes", 0, 1));
        String reach =
            write.integerOp(
                "reach",
                "Mul",
                write.integerOp("gaps", "Sub", kernel, write.integer("one", 1)),
                dilation);
        String before = write.integerOp("before", "FloorDiv", reach, write.integer("two", 2));
        yield new Padding(before, write.integerOp("after", "Sub", reach, before));
      }
      case "EXPLICIT" -> {
        int[] all = ints(node, "explicit_paddings");
        int[] before = IntStream.range(0, 4).map(i -> all[2 * i]).toArray();
        int[] after = IntStream.range(0, 4).map(i -> all[2 * i + 1]).toArray();
        yield new Padding(
            write.integers("before", spatial(node, before)),
            write.integers("after", spatial(node, after)));
      }
      default -> new Padding(write.integers("before", NO_SPACE), write.integers("after", NO_SPACE));
    };
  }

  private static String transposed(Substitute write, String suffix, String image, int... perm) {
    return write.put(
        write
            .start(suffix, "Transpose", image, write.integers(suffix + "_axes", perm))
            .putAttr("T", write.type())
            .putAttr("Tperm", Substitute.INT32));
  }

  private static boolean isDilated(NodeDef node) {
    return node.containsAttr("dilations") && anyAboveOne(ints(node, "dilations"));
  }

  private static boolean movesBySingleSteps(NodeDef node) {
    return !anyAboveOne(ints(node, "strides"));
  }

  private static boolean anyAboveOne(int[] values) {
    return IntStream.of(values).anyMatch(value -> value > 1);
  }

  /** The numbers for height and width, of four. */
  private static int[] spatial(NodeDef node, int[] four) {
    return text(node, "data_format").equals("NCHW")
        ? new int[] {four[2], four[3]}
        : new int[] {four[1], four[2]};
  }

  private static String text(NodeDef node, String attribute) {
    return node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }

  private static int[] ints(NodeDef node, String attribute) {
    return node.getAttrOrThrow(attribute).getList().getIList().stream()
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  private static AttrValue list(long... values) {
    AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
    for (long value : values) {
      list.addI(value);
    }
    return AttrValue.newBuilder().setList(list).build();
  }
}
