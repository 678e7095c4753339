package dev.belay.graph.head;

import dev.belay.graph.layer.Parameters;
import dev.belay.graph.variable.VariableSpec;
import java.util.function.Predicate;
import org.tensorflow.op.Ops;

/**
 * Initialization of a head's weights, some of which a file may hold.
 *
 * @param beginning of those that no file holds
 * @param trains which of them train
 */
public record HeadWeights(Parameters.Beginning beginning, Predicate<VariableSpec> trains) {
  Parameters parameters(Ops tf) {
    return new Parameters(tf, beginning, trains);
  }
}
