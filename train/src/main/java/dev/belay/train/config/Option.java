package dev.belay.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the component of a config record that holds an option. The command line, {@code --config},
 * {@code config.json}, the request to the model sandbox and the comparison of a resume are all made
 * from it, so that an option is written here and nowhere else.
 *
 * <p>A {@code boolean} with a default is given as {@code on} or {@code off}; without one it is a
 * switch.
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

  /** Sentence of {@code --help}, which appends the default unless it is said here. */
  String help();

  /** The default, as a user would type it; empty if there is none. */
  String defaultValue() default "";

  /** Advice if the option is missing; empty if it is optional. */
  String required() default "";

  /** Section of {@code --help}; empty for the record's own. */
  Section[] section() default {};

  /** Sorts the options of a section: by this, then in the order of the records. */
  int place() default 0;

  /** Whether one argument may hold several values, divided by commas. */
  boolean commaSeparated() default false;

  /** Word for a collection without elements; empty if such a collection is simply not given. */
  String emptyWord() default "";

  /** Name of another option that makes this one meaningless. */
  String replacedBy() default "";

  /** Whether it means nothing for a model that is only called. */
  boolean trainingOnly() default false;

  /** Effect of a changed value on a resumed run. */
  OnResume onResume() default OnResume.REFUSE;

  /** Advice in a sweep, which refuses the option; empty if a sweep accepts it. */
  String refusedBySweep() default "";

  /** Whether two sweeps that differ in it are different sweeps. */
  boolean identifiesSweep() default true;

  /** Answers of a resumed run to another value than it began with. */
  enum OnResume {
    /** The weights would be those of neither run alone: refused without {@code --allow-changes}. */
    REFUSE,
    /** Changes at most last digits, or when something is written: logged. */
    LOG,
    /** Says nothing about the weights: not compared. */
    IGNORE,
    /** Names files, which may move: their contents are compared instead. */
    COMPARE_CONTENTS
  }
}
