package dev.belay.graph.search;

/** Names of the scopes and nodes that Belay adds to the graph of a model. */
public final class NodeNames {
  /** Start of the names of all that Belay adds besides the passes of a model of its own. */
  public static final String PREFIX = "belay_";

  /** The scope of the weights of a model whose graph Belay builds. */
  public static final String WEIGHTS = "weights";

  /** The scope of the training step. */
  public static final String TRAIN = PREFIX + "train";

  /** The scope of the evaluation step. */
  public static final String EVALUATE = PREFIX + "evaluate";

  /** The scope of measurements that are added to a graph when they are needed. */
  public static final String PROBE = PREFIX + "probe";

  /** The placeholder of the number of the step, from which dropout draws. */
  public static final String STEP = PREFIX + "step";

  /** The placeholder of the labels, if the model itself computes the loss. */
  public static final String LABELS = PREFIX + "labels";

  /** The scope of the loss within a step. */
  public static final String LOSS = "loss";

  /** The scope of the gradients within a step. */
  public static final String GRADIENT = "gradient";

  /** The scope of the clip rule within a step. */
  public static final String CLIP = "clip";

  private NodeNames() {}

  /** Returns whether a node is in a scope of the training step, such as {@link #LOSS}. */
  public static boolean isInStep(String node, String scope) {
    return node.startsWith(TRAIN + "/" + scope);
  }
}
