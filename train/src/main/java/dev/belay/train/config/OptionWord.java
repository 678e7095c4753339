package dev.belay.train.config;

/** Constant of an option whose word is not simply its name in small letters. */
public interface OptionWord {
  /** The word, as options and files spell it. */
  String option();
}
