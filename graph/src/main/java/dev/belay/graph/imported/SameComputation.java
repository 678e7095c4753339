package dev.belay.graph.imported;

import com.google.protobuf.ByteString;
import dev.belay.graph.imported.rewrite.DropoutRemoval;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.imported.rewrite.TensorName;
import dev.belay.graph.search.Reachable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Proves that two tensors of a flat graph are computed alike: by the same ops with the same
 * attributes from the same inputs, variables and constants, ignoring dropout. Tensors that it does
 * not prove equal may still be equal.
 *
 * <p>Each tensor has a digest of its op, attributes and the digests of what it reads. Names of
 * nodes, control edges, and ops that pass their input on do not count. A random op and a loop are
 * equal only to themselves.
 */
public final class SameComputation {
  private static final Set<String> PASS =
      Set.of("Identity", "EnsureShape", "CheckNumerics", "CheckNumericsV2", "Snapshot", "DeepCopy");

  private static final Set<String> PASS_ALL = Set.of("IdentityN");

  /** Ops whose value is not a function of their inputs. */
  private static final Pattern OWN =
      Pattern.compile(
          "VarHandleOp|.*HashTable.*|.*Random.*|.*TruncatedNormal.*|Multinomial|Stateful.*|Rng.*");

  private final NodeGraph nodes;
  private final Map<String, String> inputs = new HashMap<>();
  private final Map<String, ByteString> digests = new HashMap<>();
  private final MessageDigest sha256;

  /** A graph and its calls; inputs of the same name are the same. */
  public SameComputation(ForwardSpec spec) {
    this.nodes = new NodeGraph(spec.graphDef());
    DropoutRemoval.removeRecognised(nodes);
    spec.calls()
        .forEach(call -> call.inputs().forEach(input -> inputs.put(input.tensor(), input.name())));
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Returns whether two tensors are computed alike. */
  public boolean isProved(String tensor, String other) {
    return digest(tensor).equals(digest(other));
  }

  /**
   * The ops upstream of some tensors that have no counterpart upstream of others, each with its
   * count: the computations of the first that the others lack.
   */
  public Map<String, Integer> opsOnlyIn(List<String> tensors, List<String> others) {
    Set<ByteString> known = new HashSet<>();
    needed(others).forEach(node -> known.add(digestOf(node)));
    Map<String, Integer> ops = new TreeMap<>();
    for (String node : needed(tensors)) {
      if (!known.contains(digestOf(node))) {
        ops.merge(nodes.node(node).getOp(), 1, Integer::sum);
      }
    }
    return ops;
  }

  private Set<String> needed(Collection<String> tensors) {
    return new TreeSet<>(
        Reachable.from(
            TensorName.nodes(tensors.stream().map(nodes::current).toList()),
            name -> TensorName.nodes(data(nodes.node(name)))));
  }

  private ByteString digest(String tensor) {
    String now = source(tensor);
    return digestOf(TensorName.node(now))
        .concat(ByteString.copyFromUtf8(":" + TensorName.index(now)));
  }

  /** The tensor behind all ops that pass it on. */
  private String source(String tensor) {
    String now = nodes.current(tensor);
    while (true) {
      NodeDef node = nodes.node(now);
      if (PASS.contains(node.getOp())) {
        now = nodes.current(node.getInput(0));
      } else if (PASS_ALL.contains(node.getOp())) {
        now = nodes.current(node.getInput(TensorName.index(now)));
      } else {
        return now;
      }
    }
  }

  private List<String> data(NodeDef node) {
    return node.getInputList().stream()
        .filter(input -> !TensorName.isControl(input))
        .map(this::source)
        .toList();
  }

  /** Visits inputs first, without recursion, so that a deep graph needs no deep stack. */
  private ByteString digestOf(String root) {
    Deque<String> open = new ArrayDeque<>(List.of(root));
    Set<String> begun = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.peek();
      if (digests.containsKey(name)) {
        open.pop();
        continue;
      }
      NodeDef node = nodes.node(name);
      boolean isLoop = false;
      boolean ready = true;
      if (begun.add(name)) {
        for (String input : data(node)) {
          String source = TensorName.node(input);
          if (!digests.containsKey(source)) {
            isLoop |= begun.contains(source);
            ready = false;
            open.push(source);
          }
        }
      }
      if (isLoop) {
        digests.put(name, alone(node));
      } else if (ready) {
        digests.put(name, of(node));
      }
    }
    return digests.get(root);
  }

  private ByteString of(NodeDef node) {
    if (inputs.containsKey(node.getName())) {
      return hash("input", inputs.get(node.getName()));
    }
    if (OWN.matcher(node.getOp()).matches()) {
      return alone(node);
    }
    sha256.update(node.getOp().getBytes(StandardCharsets.UTF_8));
    attributes(node)
        .forEach(
            (name, value) -> {
              sha256.update(name.getBytes(StandardCharsets.UTF_8));
              sha256.update(value.toByteArray());
            });
    for (String input : data(node)) {
      ByteString digest = digests.get(TensorName.node(input));
      sha256.update(digest == null ? input.getBytes(StandardCharsets.UTF_8) : digest.toByteArray());
      sha256.update((byte) TensorName.index(input));
    }
    return ByteString.copyFrom(sha256.digest());
  }

  private ByteString alone(NodeDef node) {
    return hash("node", node.getName());
  }

  private ByteString hash(String kind, String name) {
    sha256.update((kind + " " + name).getBytes(StandardCharsets.UTF_8));
    return ByteString.copyFrom(sha256.digest());
  }

  private static Map<String, AttrValue> attributes(NodeDef node) {
    Map<String, AttrValue> attributes = new TreeMap<>(node.getAttrMap());
    attributes.keySet().removeIf(name -> name.startsWith("_"));
    return new LinkedHashMap<>(attributes);
  }
}
