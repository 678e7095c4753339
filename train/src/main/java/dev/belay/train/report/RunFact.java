package dev.belay.train.report;

/** Keys of run.json, and its values for the state of a run. */
public final class RunFact {
  public static final String STATUS = "status";
  public static final String RUNNING = "running";
  public static final String DONE = "done";
  public static final String DIVERGED = "diverged";
  public static final String STARTED = "started";
  public static final String FINISHED = "finished";
  public static final String ERROR = "error";
  public static final String COMMAND = "command";
  public static final String RESUMES = "resumes";
  public static final String BELAY = "belay";
  public static final String JAVA = "java";
  public static final String TENSORFLOW = "tensorflow";
  public static final String MODEL_DIRECTORY = "model_directory";
  public static final String MODEL_HUB = "model_hub";
  public static final String MODEL_CONFIGURATION = "model_configuration";
  public static final String MODEL = "model";
  public static final String ADAPTER_DIRECTORY = "adapter_directory";
  public static final String ADAPTER = "adapter";
  public static final String TRAIN_FILES = "train_files";
  public static final String VALIDATION_FILES = "validation_files";
  public static final String TOKENIZER = "tokenizer";
  public static final String TOKENIZER_SETTINGS = "tokenizer_settings";
  public static final String TRAIN_EXAMPLES = "train_examples";
  public static final String VALIDATION_EXAMPLES = "validation_examples";
  public static final String PROBLEM_TYPE = "problem_type";
  public static final String LABELS = "labels";
  public static final String EXPORT = "export";
  public static final String RESULT = "result";
  public static final String PATH = "path";
  public static final String SHA256 = "sha256";
  public static final String FILES = "files";
  public static final String STEP = "step";
  public static final String WORKERS = "workers";

  private RunFact() {}
}
