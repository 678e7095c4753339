package dev.belay.train.config;

/** Windows and answers of question answering; names and defaults as Hugging Face's run_qa.py. */
@Section.Of(Section.QUESTION_ANSWERING)
public record QuestionConfig(
    @Option(
            name = "doc-stride",
            label = "N",
            help = "Tokens that two windows of a context too long for one have in common.",
            defaultValue = "128")
        int docStride,
    @Option(
            name = "n-best-size",
            label = "N",
            help = "Starts and ends of a window that are looked at, and answers that are kept.",
            defaultValue = "20",
            onResume = Option.OnResume.LOG)
        int nBestSize,
    @Option(
            name = "max-answer-length",
            label = "N",
            help = "The most tokens of an answer.",
            defaultValue = "30",
            onResume = Option.OnResume.LOG)
        int maxAnswerLength,
    @Option(
            name = "version-2-with-negative",
            help =
                "A question may have no answer (default: where the file says so, by version 2"
                    + " or by a question without one).",
            onResume = Option.OnResume.LOG)
        boolean mayLackAnswer,
    @Option(
            name = "null-score-diff-threshold",
            label = "X",
            help = "No answer is given where its score exceeds the best answer's by more.",
            defaultValue = "0",
            onResume = Option.OnResume.LOG)
        double nullScoreDiffThreshold) {

  public QuestionConfig {
    new Check()
        .atLeast("--doc-stride", 0, docStride)
        .atLeast("--n-best-size", 1, nBestSize)
        .atLeast("--max-answer-length", 1, maxAnswerLength)
        .that(
            Double.isFinite(nullScoreDiffThreshold),
            "--null-score-diff-threshold",
            "a finite number",
            nullScoreDiffThreshold)
        .verify();
  }

  /** Defaults of the command line. */
  public static QuestionConfig defaults() {
    return ConfigBinder.defaults(QuestionConfig.class);
  }
}
