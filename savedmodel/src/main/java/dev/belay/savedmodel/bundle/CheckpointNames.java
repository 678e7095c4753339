package dev.belay.savedmodel.bundle;

/** Names that TF2 gives to what it writes into a checkpoint. */
public final class CheckpointNames {
  /** The string tensor that maps objects to keys. */
  public static final String OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

  /** The attribute of an object that is the value of its variable. */
  public static final String VARIABLE_VALUE = "VARIABLE_VALUE";

  /** End of the key of a variable's value, after the path to its object. */
  public static final String VALUE_SUFFIX = "/.ATTRIBUTES/" + VARIABLE_VALUE;

  private CheckpointNames() {}
}
