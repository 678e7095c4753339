package dev.belay.graph.optimizer;

import dev.belay.graph.variable.Variables;
import java.util.List;
import org.tensorflow.op.Op;

/**
 * What an optimizer added to a graph.
 *
 * @param slots what it keeps between steps; part of a checkpoint
 * @param initializers give the slots their first values
 * @param updates change variables and slots by one step
 */
public record Updates(Variables slots, List<Op> initializers, List<Op> updates) {}
