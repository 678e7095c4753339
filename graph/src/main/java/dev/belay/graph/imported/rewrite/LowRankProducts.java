package dev.belay.graph.imported.rewrite;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.adapter.AdapterException;
import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.WeightLayout;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.TensorShapeProto;

/**
 * Adds a low-rank adapter to each product that reads one of the chosen weights: {@code x W} becomes
 * {@code x W + s (x A) B}, arXiv 2106.09685. The weight is frozen, so no gradient of it is
 * computed. The sum has the product's name, so that all readers get it.
 */
public final class LowRankProducts implements GraphRewrite {
  private final AdapterPlan plan;
  private final Set<String> trained;
  private final Map<AdaptedWeight, List<WeightReads.Product>> chosen = new LinkedHashMap<>();
  private final Map<String, Handles> handles = new LinkedHashMap<>();

  /** Nodes of an adapter's variable: its handle and its one read. */
  public record Handles(String handle, String read) {}

  /** A variable of the graph and its VarHandleOp. */
  public record Candidate(VariableSpec spec, String handle) {}

  private LowRankProducts(AdapterPlan plan, Set<String> trained) {
    this.plan = plan;
    this.trained = trained;
  }

  /**
   * Chooses the weights that get an adapter.
   *
   * @param trained nodes that a loss may depend on
   * @param outside tensors of the graph that are read from outside of it
   * @throws AdapterException if a weight that was selected by its name cannot have one, or none can
   */
  public static LowRankProducts choose(
      NodeGraph graph,
      AdapterPlan plan,
      List<Candidate> candidates,
      Set<String> trained,
      Set<String> outside) {
    LowRankProducts products = new LowRankProducts(plan, trained);
    Map<String, WeightReads> able = new LinkedHashMap<>();
    for (Candidate candidate : candidates) {
      VariableSpec spec = candidate.spec();
      if (spec.shape().numDimensions() < 2) {
        continue;
      }
      WeightReads reads = WeightReads.of(graph, candidate.handle(), spec.shape(), outside);
      String unable = products.unable(spec, reads);
      if (unable.isEmpty()) {
        able.put(spec.name(), reads);
      } else if (plan.targets().requires(spec.name())) {
        throw AdapterException.unable(spec.name(), unable);
      }
    }
    List<String> names = plan.targets().among(List.copyOf(able.keySet()));
    if (names.isEmpty()) {
      throw AdapterException.none(candidates.stream().map(each -> each.spec().name()).toList());
    }
    for (String name : names) {
      List<WeightReads.Product> all = able.get(name).products();
      WeightLayout layout = all.get(0).layout();
      products.chosen.put(AdaptedWeight.of(name, plan.ranks().apply(name), layout), all);
    }
    return products;
  }

  /** Why a variable can have no adapter, for people; empty if it can. */
  private String unable(VariableSpec spec, WeightReads reads) {
    if (spec.dtype() != DataType.DT_FLOAT) {
      return "a variable of type " + spec.dtype() + ", not float32";
    }
    if (reads.otherwise().isPresent()) {
      return reads.otherwise().get();
    }
    if (reads.products().stream()
        .noneMatch(product -> trained.contains(product.node().getName()))) {
      return "not read by the function that is trained through";
    }
    return reads.products().stream().map(WeightReads.Product::layout).distinct().count() == 1
        ? ""
        : "read by products that sum over different axes of it";
  }

  /** The weights that get an adapter. */
  public List<AdaptedWeight> adapted() {
    return List.copyOf(chosen.keySet());
  }

  /** Nodes of the adapters' variables, by name. */
  public Map<String, Handles> handles() {
    return Map.copyOf(handles);
  }

  @Override
  public void rewrite(NodeGraph graph) {
    chosen.forEach(
        (adapted, products) -> {
          String a = variable(graph, adapted.specOfA());
          String b = variable(graph, adapted.specOfB());
          products.forEach(product -> add(graph, product, adapted, new String[] {a, b}));
        });
    graph.settle();
  }

  /** Adds a variable, and returns its read. */
  private String variable(NodeGraph graph, VariableSpec spec) {
    String name = "belay_adapter/" + spec.name().replaceAll("[^A-Za-z0-9_./-]", ".");
    String handle = graph.fresh(name);
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long size : spec.shape().asArray()) {
      shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    graph.put(
        Nodes.node(handle, "VarHandleOp")
            .putAttr("dtype", Nodes.type(spec.dtype()))
            .putAttr("shape", AttrValue.newBuilder().setShape(shape).build())
            .putAttr("shared_name", Nodes.text(handle))
            .putAttr("container", Nodes.text(""))
            .build());
    String read = graph.fresh(name + "/read");
    graph.put(
        Nodes.node(read, "ReadVariableOp", handle)
            .putAttr("dtype", Nodes.type(spec.dtype()))
            .build());
    handles.put(spec.name(), new Handles(handle, read));
    return read;
  }

  private void add(
      NodeGraph graph, WeightReads.Product product, AdaptedWeight adapted, String[] factors) {
    NodeDef node = graph.node(product.node().getName());
    Substitute nodes = new Substitute(graph, node, node.containsAttr("T") ? "T" : "Ta");
    int place = product.form().place();
    String x = graph.current(nodes.input(1 - place));
    String fed = plan.dropout() > 0 && trained.contains(node.getName()) ? dropped(nodes, x) : x;
    String wide =
        node.getOp().equals("MatMul")
            ? matrices(nodes, node, place, fed, factors)
            : equations(nodes, product.form(), fed, factors);
    String scaled =
        nodes.op("lora_scaled", "Mul", wide, nodes.constant("lora_scale", adapted.rank().scale()));
    String base = nodes.original("lora_base");
    nodes.by(Nodes.node(node.getName(), "AddV2", base, scaled).putAttr("T", nodes.type()));
    graph.note(node.getOp() + ": a low-rank adapter beside it");
  }

  /** As layers of TensorFlow compute dropout. */
  private String dropped(Substitute nodes, String x) {
    double keep = 1 - plan.dropout();
    String drawn =
        nodes.put(
            nodes
                .start("lora_uniform", "RandomUniform", nodes.shape("lora_shape", x))
                .putAttr("T", Substitute.INT32)
                .putAttr("dtype", nodes.type())
                .putAttr("seed", Nodes.integer(0))
                .putAttr("seed2", Nodes.integer(0)));
    String kept = nodes.op("lora_kept", "Less", drawn, nodes.constant("lora_keep", keep));
    String mask = nodes.cast("lora_mask", kept, DataType.DT_BOOL, nodes.type().getType());
    String raised = nodes.op("lora_raised", "Mul", x, nodes.constant("lora_raise", 1 / keep));
    return nodes.op("lora_dropped", "Mul", raised, mask);
  }

  private static String matrices(
      Substitute nodes, NodeDef node, int place, String x, String[] factors) {
    boolean left = place == 0;
    boolean turned = Nodes.flag(node, left ? "transpose_b" : "transpose_a");
    // A is [r, in] and B is [out, r], on the side of the weight.
    String narrow =
        left
            ? matMul(nodes, "lora_narrow", List.of(factors[0], x), false, turned)
            : matMul(nodes, "lora_narrow", List.of(x, factors[0]), turned, true);
    return left
        ? matMul(nodes, "lora_wide", List.of(factors[1], narrow), false, false)
        : matMul(nodes, "lora_wide", List.of(narrow, factors[1]), false, true);
  }

  private static String matMul(
      Substitute nodes, String name, List<String> inputs, boolean turnFirst, boolean turnSecond) {
    return nodes.put(
        nodes
            .start(name, "MatMul", inputs.get(0), inputs.get(1))
            .putAttr("T", nodes.type())
            .putAttr("transpose_a", Nodes.bool(turnFirst))
            .putAttr("transpose_b", Nodes.bool(turnSecond)));
  }

  private static String equations(Substitute nodes, ProductForm form, String x, String[] factors) {
    String narrow = einsum(nodes, "lora_narrow", form.narrow(), List.of(x, factors[0]));
    return einsum(nodes, "lora_wide", form.wide(), List.of(narrow, factors[1]));
  }

  private static String einsum(
      Substitute nodes, String name, String equation, List<String> inputs) {
    return nodes.put(
        nodes
            .start(name, "Einsum", inputs.get(0), inputs.get(1))
            .putAttr("T", nodes.type())
            .putAttr("N", Nodes.integer(2))
            .putAttr("equation", Nodes.text(equation)));
  }
}
