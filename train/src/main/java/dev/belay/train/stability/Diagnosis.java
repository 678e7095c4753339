package dev.belay.train.stability;

import dev.belay.train.step.NonFinite;
import dev.belay.train.step.TensorRange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Why a step went wrong, in words.
 *
 * @param step from 1
 * @param operation name of the first op whose result is not finite; empty if none was found
 * @param type of that op
 * @param layer its layer in the model
 * @param backward whether it belongs to the way back from the loss
 * @param variable the first variable whose value, or else whose gradient, is not finite
 * @param output of the op
 * @param inputs of the op
 * @param cause probable cause
 * @param advice possible remedy
 */
public record Diagnosis(
    long step,
    Optional<String> operation,
    Optional<String> type,
    Optional<String> layer,
    boolean backward,
    Optional<String> variable,
    Optional<TensorRange> output,
    List<TensorRange> inputs,
    Cause cause,
    String advice) {

  /** Of a step in which an op was found. */
  static Diagnosis of(long step, NonFinite found, double lossScale) {
    Cause cause = Cause.of(found, lossScale);
    // If already the way to the loss is not finite, every gradient is not; on the way back the
    // first that is not is the one concerned.
    Optional<String> ofGradient = found.gradients().stream().findFirst();
    Optional<String> variable =
        found.variable().isPresent()
            ? found.variable()
            : found.backward() && ofGradient.isPresent() ? ofGradient : found.nearestVariable();
    return new Diagnosis(
        step,
        Optional.of(found.operation()),
        Optional.of(found.type()),
        Optional.of(found.layer()),
        found.backward(),
        variable,
        Optional.of(found.output()),
        found.inputs(),
        cause,
        cause.advice());
  }

  /** Of a step in which none was found. */
  static Diagnosis without(long step, Cause cause) {
    return new Diagnosis(
        step,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        cause,
        cause.advice());
  }

  /** One paragraph. */
  public String text() {
    StringBuilder text = new StringBuilder();
    operation.ifPresentOrElse(
        name ->
            text.append("the first op whose result is not finite is ")
                .append(name)
                .append(" (")
                .append(type.orElseThrow())
                .append(")")
                .append(backward ? ", on the way back from the loss," : "")
                .append(" in ")
                .append(layer.orElseThrow())
                .append(": it gives ")
                .append(range(output.orElseThrow())),
        () -> text.append("no single op was found whose result is not finite"));
    if (!inputs.isEmpty()) {
      text.append(" from ")
          .append(String.join(" and ", inputs.stream().map(Diagnosis::range).toList()));
    }
    variable.ifPresent(name -> text.append("; the first variable concerned is ").append(name));
    return text.append(". Probable cause: ")
        .append(cause.words())
        .append(". ")
        .append(advice)
        .toString();
  }

  /** The same for programs: names in snake_case, what is not known left out. */
  public Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("step", step);
    operation.ifPresent(value -> facts.put("operation", value));
    type.ifPresent(value -> facts.put("type", value));
    layer.ifPresent(value -> facts.put("layer", value));
    operation.ifPresent(value -> facts.put("backward", backward));
    variable.ifPresent(value -> facts.put("variable", value));
    output.ifPresent(value -> facts.put("output", value));
    facts.put("inputs", inputs);
    facts.put("cause", cause.code());
    facts.put("cause_in_words", cause.words());
    facts.put("advice", advice);
    return facts;
  }

  private static String range(TensorRange range) {
    String numbers =
        range.elements() == range.nan()
            ? "only NaN"
            : range.nan() + range.infinite() == range.elements()
                ? "nothing finite"
                : number(range.min()) + " to " + number(range.max());
    String bad =
        (range.nan() == 0 ? "" : ", " + range.nan() + " NaN")
            + (range.infinite() == 0 ? "" : ", " + range.infinite() + " infinite");
    return range.name()
        + " "
        + range.shape()
        + " ("
        + numbers
        + (bad.isEmpty() ? "" : bad + " of " + range.elements())
        + ")";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
