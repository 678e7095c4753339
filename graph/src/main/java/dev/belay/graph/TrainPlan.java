package dev.belay.graph;

import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.optimizer.Optimizer;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Components of a training step, in data-flow order.
 *
 * @param model imported into the graph
 * @param forward the call that is trained through
 * @param head new layers on the call's output
 * @param loss of the output or the head
 * @param gradients how they are computed: accumulated, scaled, reduced
 * @param clip once per update
 * @param optimizer that changes the variables
 * @param mayHaveNoGradient names of variables that the loss may read without having a gradient
 */
public record TrainPlan(
    ForwardModel model,
    ForwardPass forward,
    Optional<AttachedHead> head,
    Loss loss,
    GradientPlan gradients,
    ClipRule clip,
    Optimizer optimizer,
    Predicate<String> mayHaveNoGradient) {}
