package dev.belay.savedmodel.model;

/** Names of the collections in which a graph of TF1 lists its parts. */
public final class GraphCollections {
  /** The node that initialises a model. */
  public static final String MAIN_OP = "saved_model_main_op";

  static final String LEGACY_INIT_OP = "legacy_init_op";
  static final String VARIABLES = "variables";
  static final String TRAINABLE_VARIABLES = "trainable_variables";
  static final String LOSSES = "losses";
  static final String REGULARIZATION_LOSSES = "regularization_losses";

  /** Updates that a training step runs besides those of the weights. */
  public static final String UPDATE_OPS = "update_ops";

  private GraphCollections() {}
}
