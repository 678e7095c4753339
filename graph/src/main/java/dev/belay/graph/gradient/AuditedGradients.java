package dev.belay.graph.gradient;

import dev.belay.graph.search.Operations;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;

/**
 * Native gradients that Belay trusts: those of {@code audited.txt}, which the audit of gradients
 * found equal to central differences and to TensorFlow Python. The native runtime has more, some of
 * which ignore an attribute, so an op that is not listed is refused.
 */
final class AuditedGradients {
  private static final Map<String, Conditions> OPS = read();

  private AuditedGradients() {}

  /** Returns whether the table knows the op at all. */
  static boolean knows(String op) {
    return OPS.containsKey(op);
  }

  /** All ops of the table. */
  static Set<String> ops() {
    return OPS.keySet();
  }

  /** The reason why the gradient of a node of a known op is wrong, or empty. */
  static Optional<String> objection(GraphOperation node) {
    return OPS.get(node.type()).objection(node);
  }

  private static Map<String, Conditions> read() {
    Map<String, Conditions> ops = new LinkedHashMap<>();
    try (InputStream file = AuditedGradients.class.getResourceAsStream("audited.txt")) {
      for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] words = line.replaceAll("#.*", "").strip().split("\\s+");
        if (!words[0].isEmpty()) {
          List<Condition> conditions =
              Arrays.stream(words).skip(1).map(Condition::parse).collect(Collectors.toList());
          if (conditions.stream().noneMatch(condition -> condition.name().equals("types"))) {
            conditions.add(0, Condition.REAL);
          }
          ops.put(words[0], new Conditions(conditions));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ops;
  }

  /** All requirements on a node. */
  private record Conditions(List<Condition> all) {

    Optional<String> objection(GraphOperation node) {
      List<String> found = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (Condition condition : all) {
        Optional<String> value = condition.violation(node);
        if (value.isPresent()) {
          found.add(condition.name() + " is " + value.get());
          expected.add(condition.name() + " " + String.join(" or ", condition.values()));
        }
      }
      return found.isEmpty()
          ? Optional.empty()
          : Optional.of(
              String.join(", ", found) + ", right is only " + String.join(", ", expected));
    }
  }

  /**
   * One requirement.
   *
   * @param name an attribute, of which a list must hold one value throughout; {@code rank}, that of
   *     the first input; {@code types}, those of all inputs that can carry a gradient
   * @param values allowed values
   */
  private record Condition(String name, List<String> values) {
    static final Condition REAL = parse("types=DT_FLOAT|DT_DOUBLE|DT_HALF|DT_BFLOAT16");

    static Condition parse(String word) {
      int equals = word.indexOf('=');
      return new Condition(
          word.substring(0, equals), List.of(word.substring(equals + 1).split("\\|")));
    }

    /** The node's value that violates the requirement, or empty. */
    Optional<String> violation(GraphOperation node) {
      List<String> found =
          switch (name) {
            case "rank" -> {
              int rank = node.input(0).shape().numDimensions();
              yield List.of(rank < 0 ? "unknown" : Integer.toString(rank));
            }
            case "types" -> types(node);
            default -> texts(node.attributes().getAttrValueProto(name));
          };
      return found.stream().allMatch(values::contains)
          ? Optional.empty()
          : Optional.of(found.size() == 1 ? found.get(0) : found.toString());
    }

    private static List<String> texts(AttrValue value) {
      return switch (value.getValueCase()) {
        case TYPE -> List.of(value.getType().name());
        case S -> List.of(value.getS().toStringUtf8());
        case I -> List.of(Long.toString(value.getI()));
        case F -> List.of(Float.toString(value.getF()));
        case B -> List.of(Boolean.toString(value.getB()));
        case LIST -> value.getList().getIList().stream().map(String::valueOf).toList();
        default ->
            throw new IllegalArgumentException("no condition can be set on such an attribute");
      };
    }

    private static List<String> types(GraphOperation node) {
      return Operations.inputs(node).stream()
          .map(Output::dataType)
          .filter(GradientFlow::carriesGradient)
          .map(DataType::name)
          .distinct()
          .toList();
    }
  }
}
