package dev.belay.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the component of a config record that holds an option. The command line, {@code --config},
 * {@code config.json}, the request to the model sandbox and the comparison of a resume are derived
 * from it, so each option is defined in one place only.
 *
 * <p>A {@code boolean} with a default has the values {@code on} and {@code off}; without a default
 * it is a switch.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Option {
  /** The name, without the two hyphens. */
  String name();

  /** Another name for it, without the two hyphens. */
  String alias() default "";

  /** Placeholder of the value in {@code --help}; empty for a switch. */
  String label() default "";

  /** Sentence for {@code --help}, which appends the default unless the sentence contains it. */
  String help();

  /** The default, as a user would type it; empty if there is none. */
  String defaultValue() default "";

  /** Advice if the option is missing; empty if it is optional. */
  String required() default "";

  /** Section of {@code --help}; empty for the record's own. */
  Section[] section() default {};

  /** Sorts the options of a section: by this, then in the order of the records. */
  int place() default 0;

  /** Whether one argument may have several values, separated by commas. */
  boolean commaSeparated() default false;

  /** Value that stands for an empty collection; empty if omitting the option does. */
  String emptyWord() default "";

  /** Name of another option that makes this one meaningless. */
  String replacedBy() default "";

  /** Whether the option has no effect on a model that is only evaluated or predicts. */
  boolean trainingOnly() default false;

  /** Effect of a changed value on a resumed run. */
  OnResume onResume() default OnResume.REFUSE;

  /** Advice in a sweep, which refuses the option; empty if a sweep accepts it. */
  String refusedBySweep() default "";

  /** Whether sweeps with different values of it are different sweeps. */
  boolean identifiesSweep() default true;

  /** Effects of a changed value on a resumed run. */
  enum OnResume {
    /**
     * Refused without {@code --allow-changes}, because the weights would equal those of neither
     * setting.
     */
    REFUSE,
    /** Changes at most last digits, or when something is written: logged. */
    LOG,
    /** Does not affect the weights: not compared. */
    IGNORE,
    /** Names files, which may move: their contents are compared instead. */
    COMPARE_CONTENTS
  }
}
