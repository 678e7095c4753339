package dev.belay.graph.clip;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;

/**
 * Clips groups of variables, each by its own rule and its own norm; the other variables have a rule
 * too.
 *
 * @param groups in the user's order
 * @param rest for variables of no group
 */
public record GroupedClip(List<Group> groups, ClipRule rest) implements ClipRule {
  public GroupedClip {
    groups = List.copyOf(groups);
  }

  /**
   * A group of variables.
   *
   * @param label the user's spelling, for errors
   * @param holds selects its variables by name
   * @param rule clip rule for their gradients
   */
  public record Group(String label, Predicate<String> holds, ClipRule rule) {}

  @Override
  public Clipped apply(Ops tf, Slots slots, List<Gradient> gradients) {
    Map<Integer, List<Gradient>> parts = split(gradients);
    Map<Gradient, Gradient> after = new HashMap<>();
    List<Operand<TBool>> bites = new ArrayList<>();
    List<Clipped.Memory> memory = new ArrayList<>();
    parts.forEach(
        (part, members) -> {
          ClipRule rule = part < groups.size() ? groups.get(part).rule() : rest;
          Clipped clipped = rule.apply(tf, slots.within("clip_group_" + (part + 1)), members);
          for (int i = 0; i < members.size(); i++) {
            after.put(members.get(i), clipped.gradients().get(i));
          }
          bites.add(clipped.bites());
          memory.addAll(clipped.memory());
        });
    List<Gradient> inOrder = gradients.stream().map(after::get).toList();
    return Clipped.each(tf, gradients, inOrder, TensorNorm.any(tf, bites)).remembering(memory);
  }

  /** Gradients by the position of their group; those without a group come last. */
  private Map<Integer, List<Gradient>> split(List<Gradient> gradients) {
    Map<Integer, List<Gradient>> parts = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    Set<Integer> matched = new HashSet<>();
    for (Gradient gradient : gradients) {
      String name = gradient.variable().name();
      List<Integer> homes = new ArrayList<>();
      for (int i = 0; i < groups.size(); i++) {
        if (groups.get(i).holds().test(name)) {
          homes.add(i);
        }
      }
      matched.addAll(homes);
      if (homes.size() > 1) {
        problems.add(
            name
                + " is in "
                + String.join(
                    " and in ", homes.stream().map(home -> groups.get(home).label()).toList()));
      }
      parts
          .computeIfAbsent(homes.isEmpty() ? groups.size() : homes.get(0), key -> new ArrayList<>())
          .add(gradient);
    }
    for (int i = 0; i < groups.size(); i++) {
      if (!matched.contains(i)) {
        problems.add(groups.get(i).label() + " holds no variable that trains");
      }
    }
    if (!problems.isEmpty()) {
      throw new ClipGroupException(problems);
    }
    return parts;
  }
}
