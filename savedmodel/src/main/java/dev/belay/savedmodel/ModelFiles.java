package dev.belay.savedmodel;

/** Names of the files and folders of a SavedModel, and of the folder of a Hugging Face model. */
public final class ModelFiles {
  public static final String SAVED_MODEL = "saved_model.pb";
  public static final String KERAS_METADATA = "keras_metadata.pb";
  public static final String VARIABLES = "variables";
  public static final String ASSETS = "assets";
  public static final String ASSETS_EXTRA = "assets.extra";
  public static final String NESTED = "saved_model";
  public static final String CONFIGURATION = "config.json";
  public static final String GENERATION = "generation_config.json";
  public static final String SAFETENSORS = "model.safetensors";
  public static final String KERAS_WEIGHTS = "tf_model.h5";
  public static final String KERAS_INDEX = "tf_model.h5.index.json";
  public static final String MODULES = "modules.json";
  public static final String SENTENCE_SETTINGS = "sentence_bert_config.json";
  public static final String TOKENIZER = "tokenizer.json";
  public static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  public static final String SPECIAL_TOKENS = "special_tokens_map.json";
  public static final String ADDED_TOKENS = "added_tokens.json";
  public static final String WORD_PIECES = "vocab.txt";
  public static final String BYTE_PAIRS = "vocab.json";
  public static final String MERGES = "merges.txt";

  private ModelFiles() {}
}
