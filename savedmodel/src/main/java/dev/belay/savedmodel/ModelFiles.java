package dev.belay.savedmodel;

/** Names of the files and folders of a SavedModel, and of the folder of a Hugging Face model. */
public final class ModelFiles {
  /** The graph, functions and objects of a SavedModel. */
  public static final String SAVED_MODEL = "saved_model.pb";

  /** What Keras writes about its layers. */
  public static final String KERAS_METADATA = "keras_metadata.pb";

  /** The folder of a SavedModel with its checkpoint, and the checkpoint's prefix in it. */
  public static final String VARIABLES = "variables";

  /** The folder of the files that a SavedModel's graph reads. */
  public static final String ASSETS = "assets";

  /** Files for people and programs that TF Serving leaves alone. */
  public static final String ASSETS_EXTRA = "assets.extra";

  /** The folder in which Hugging Face puts a SavedModel and its versions. */
  public static final String NESTED = "saved_model";

  /** The configuration of a Hugging Face model. */
  public static final String CONFIGURATION = "config.json";

  /** Weights in one file. */
  public static final String SAFETENSORS = "model.safetensors";

  /** Weights as TensorFlow's classes of Hugging Face write them. */
  public static final String KERAS_WEIGHTS = "tf_model.h5";

  /** The modules of a model of sentence-transformers. */
  public static final String MODULES = "modules.json";

  /** The whole definition of a tokenizer. */
  public static final String TOKENIZER = "tokenizer.json";

  /** Settings of a tokenizer. */
  public static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Special tokens of a tokenizer, by their role. */
  public static final String SPECIAL_TOKENS = "special_tokens_map.json";

  /** Tokens added to a vocabulary. */
  public static final String ADDED_TOKENS = "added_tokens.json";

  /** The vocabulary of a WordPiece tokenizer. */
  public static final String WORD_PIECES = "vocab.txt";

  /** The vocabulary of a byte-pair tokenizer. */
  public static final String BYTE_PAIRS = "vocab.json";

  /** The merges of a byte-pair tokenizer. */
  public static final String MERGES = "merges.txt";

  private ModelFiles() {}
}
