package dev.belay.graph.adapter;

/**
 * Names of an adapter's variables, made from the name of its weight: {@code query.lora_A.weight}
 * for {@code query.weight}, as in PEFT, and {@code query/kernel/lora_A} for other names.
 */
public final class AdapterNames {
  private static final String WEIGHT = ".weight";

  private AdapterNames() {}

  /** Name of A. */
  public static String a(String weight) {
    return of(weight, "lora_A");
  }

  /** Name of B. */
  public static String b(String weight) {
    return of(weight, "lora_B");
  }

  private static String of(String weight, String part) {
    return weight.endsWith(WEIGHT)
        ? weight.substring(0, weight.length() - WEIGHT.length()) + "." + part + WEIGHT
        : weight + "/" + part;
  }
}
