package dev.belay.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A heading of {@code --help}, in the order in which it shows them. */
public enum Section {
  SWEEP("Sweep"),
  MODEL("Model"),
  WEIGHTS("Weights"),
  WHAT_TRAINS("What trains"),
  DATA("Data"),
  LANGUAGE_MODELS("Language models"),
  QUESTION_ANSWERING("Question answering"),
  UPDATE("Update"),
  CLIPPING("Clipping"),
  STABILITY("Stability"),
  SCHEDULE("Schedule"),
  RUN("Run"),
  MACHINE("Machine"),
  WRITING("Writing"),
  OUTPUT("Output");

  private final String title;

  Section(String title) {
    this.title = title;
  }

  /** The heading, without a colon. */
  public String title() {
    return title;
  }

  /** Section of a record's options that name no other. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.TYPE)
  public @interface Of {
    /** The section. */
    Section value();
  }
}
