package dev.belay.graph.imported.rewrite;

import dev.belay.graph.adapter.WeightLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Finds what reads a variable: the products that have it as a factor, as it is, transposed or in
 * another shape, and the first node that does anything else with it.
 */
final class WeightReads {
  /** Ops that read a tensor's shape and none of its elements. */
  private static final Set<String> SHAPES = Set.of("Shape", "ShapeN", "Rank", "Size");

  private final NodeGraph graph;
  private final Set<String> outside;
  private final List<Product> products = new ArrayList<>();
  private final Deque<View> views = new ArrayDeque<>();
  private Optional<String> otherwise = Optional.empty();

  /**
   * A product that has the variable as a factor.
   *
   * @param node of the product
   * @param form labels of its axes
   * @param layout way from the variable to the factor
   */
  record Product(NodeDef node, ProductForm form, WeightLayout layout) {}

  /** A tensor with the variable's elements. */
  private record View(String tensor, List<Long> shape, List<WeightLayout.Step> steps) {}

  private WeightReads(NodeGraph graph, Set<String> outside) {
    this.graph = graph;
    this.outside = outside;
  }

  /**
   * Follows a variable.
   *
   * @param handle its VarHandleOp
   * @param shape its shape
   * @param outside tensors that are read from outside of the graph
   */
  static WeightReads of(NodeGraph graph, String handle, Shape shape, Set<String> outside) {
    WeightReads reads =
        new WeightReads(
            graph, outside.stream().map(TensorName::canonical).collect(Collectors.toSet()));
    reads.readers(handle, sizes(shape));
    while (!reads.views.isEmpty()) {
      reads.follow(reads.views.poll());
    }
    return reads;
  }

  /** The products. */
  List<Product> products() {
    return products;
  }

  /** The first other use of the variable, for people; empty if products alone read it. */
  Optional<String> otherwise() {
    return otherwise;
  }

  private void readers(String handle, List<Long> shape) {
    for (NodeDef reader : graph.consumers(handle)) {
      switch (reader.getOp()) {
        case "Identity" -> readers(reader.getName(), shape);
        case "ReadVariableOp" -> views.add(new View(reader.getName(), shape, List.of()));
        case "VarIsInitializedOp", "VariableShape" -> {}
        default -> unable(reader);
      }
    }
  }

  private void follow(View view) {
    if (outside.contains(view.tensor())) {
      otherwise = otherwise.or(() -> Optional.of("read by a gradient or an output of the model"));
    }
    for (NodeDef reader : graph.consumers(view.tensor())) {
      List<Integer> places = places(reader, view.tensor());
      if (places.size() != 1) {
        unable(reader);
      } else if (!SHAPES.contains(reader.getOp())) {
        follow(view, reader, places.get(0));
      }
    }
  }

  private static List<Integer> places(NodeDef reader, String tensor) {
    List<String> inputs = Nodes.dataInputs(reader);
    return IntStream.range(0, inputs.size())
        .filter(place -> TensorName.canonical(inputs.get(place)).equals(tensor))
        .boxed()
        .toList();
  }

  private void follow(View view, NodeDef reader, int place) {
    String name = reader.getName();
    switch (reader.getOp()) {
      case "Identity" -> views.add(new View(name, view.shape(), view.steps()));
      case "Reshape" -> {
        Shape shape = graph.shapes().of(name);
        if (place != 0 || shape.isUnknown() || shape.hasUnknownDimension()) {
          unable(reader);
        } else if (sizes(shape).equals(view.shape())) {
          views.add(new View(name, view.shape(), view.steps()));
        } else {
          views.add(with(view, name, new WeightLayout.Step(sizes(shape), List.of())));
        }
      }
      case "Transpose" -> {
        List<Integer> order = integers(graph.node(graph.behindIdentity(reader.getInput(1))));
        if (place != 0 || order.size() != view.shape().size()) {
          unable(reader);
        } else {
          List<Long> shape = order.stream().map(axis -> view.shape().get(axis)).toList();
          views.add(with(view, name, new WeightLayout.Step(shape, order)));
        }
      }
      default -> product(view, reader, place);
    }
  }

  private static View with(View view, String tensor, WeightLayout.Step step) {
    List<WeightLayout.Step> steps = new ArrayList<>(view.steps());
    steps.add(step);
    return new View(tensor, step.shape(), steps);
  }

  private void product(View view, NodeDef reader, int place) {
    Optional<ProductForm> form = ProductForm.of(reader, place, view.shape().size());
    if (form.isEmpty()) {
      unable(reader);
      return;
    }
    WeightLayout layout = new WeightLayout(view.steps(), view.shape(), form.get().contracted());
    products.add(new Product(reader, form.get(), layout));
  }

  private void unable(NodeDef reader) {
    otherwise =
        otherwise.or(
            () ->
                Optional.of("read by the node " + reader.getName() + " (" + reader.getOp() + ")"));
  }

  private static List<Long> sizes(Shape shape) {
    return Arrays.stream(shape.asArray()).boxed().toList();
  }

  /** Elements of a constant vector of integers; empty if it is none. */
  private static List<Integer> integers(NodeDef constant) {
    return Nodes.ints(constant)
        .map(values -> Arrays.stream(values).boxed().toList())
        .orElse(List.of());
  }
}
