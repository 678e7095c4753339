package dev.belay.train.model;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.constraint.Constraint;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.optimizer.Constrained;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.search.NodeNames;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.task.Task;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tensorflow.Graph;
import org.tensorflow.op.Ops;

/**
 * Owns a TensorFlow graph with a model in it: the pass to train through and the pass to evaluate
 * through, over one set of variables, each with the tensor that a loss or a head reads. Close it to
 * free the graph, after the session that runs it.
 */
public final class ModelGraph implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelGraph.class);

  private final Graph graph;
  private final GraphContents parts;

  /**
   * Contents of the graph.
   *
   * @param target the tensor that the loss or a new head reads, for people
   * @param passes the forward passes, for people
   * @param decisions other decisions about the model, for people
   * @param rewrites rewrites that make the graph trainable, for people
   * @param heads the head for a given number of outputs, if one exists outside of the passes
   * @param constraints constraints applied to weights after each update, by variable
   */
  record GraphContents(
      ForwardModel forward,
      ForwardPass training,
      ForwardPass evaluation,
      Task task,
      Loss loss,
      String target,
      ModelNotes passes,
      ModelNotes decisions,
      List<String> rewrites,
      IntFunction<Optional<Head>> heads,
      Map<String, Constraint> constraints) {}

  ModelGraph(Graph graph, GraphContents parts) {
    this.graph = graph;
    this.parts = parts;
    parts.rewrites().forEach(rewrite -> LOG.debug("rewritten: {}", rewrite));
  }

  /**
   * Adds the model's head, or its new one.
   *
   * @param outputs numbers per answer, where the head is a new one for classes
   * @return empty if the passes end in the model's own
   * @throws ModelException if a new head cannot read what it was put on
   */
  public Optional<AttachedHead> attachHead(int outputs) {
    Ops tf = Ops.create(graph).withSubScope(NodeNames.PREFIX + "head");
    try {
      return parts.heads().apply(outputs).map(head -> head.attach(tf, parts.training().output()));
    } catch (IllegalArgumentException unfit) {
      throw new ModelException(unfit.getMessage());
    }
  }

  /** The graph itself. */
  public Graph graph() {
    return graph;
  }

  /** The model in the graph. */
  public ForwardModel forward() {
    return parts.forward();
  }

  /** The pass to train through. */
  public ForwardPass training() {
    return parts.training();
  }

  /** The pass to evaluate and to predict through. */
  public ForwardPass evaluation() {
    return parts.evaluation();
  }

  /** Task of the model. */
  public Task task() {
    return parts.task();
  }

  /** Loss of the model. */
  public Loss loss() {
    return parts.loss();
  }

  /** The optimizer, so that its updates end in weights which the model's layers allow. */
  public Optimizer constrained(Optimizer optimizer) {
    return parts.constraints().isEmpty()
        ? optimizer
        : new Constrained(optimizer, parts.constraints());
  }

  /** The tensor that a loss or a new head reads, and how it was found. */
  public String target() {
    return parts.target();
  }

  /** Decisions about the model, and changes to its graph that make it trainable. */
  public List<String> rewrites() {
    return Stream.concat(
            parts.decisions().of(ModelUse.TRAINING).stream(), parts.rewrites().stream())
        .toList();
  }

  /** Decisions that matter to a use, for people; changes to the graph are for the log. */
  public List<String> notes(ModelUse use) {
    return Stream.concat(parts.passes().of(use).stream(), parts.decisions().of(use).stream())
        .toList();
  }

  /** Refuses patterns that match nothing: a typo would silently train all or nothing. */
  public void requireMatches(ModelConfig config) {
    requireMatch("--trainable", config.trainable());
    requireMatch("--freeze", config.freeze());
  }

  private void requireMatch(String option, Optional<Pattern> pattern) {
    List<String> names = parts.forward().variables().all().stream().map(v -> v.name()).toList();
    if (pattern.isPresent() && names.stream().noneMatch(n -> pattern.get().matcher(n).find())) {
      throw new ModelException(
          option
              + " "
              + pattern.get()
              + ": matches none of the model's "
              + names.size()
              + " variables, such as "
              + names.get(0)
              + "; `belay inspect MODEL` lists them");
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
