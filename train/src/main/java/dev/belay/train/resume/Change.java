package dev.belay.train.resume;

/**
 * Something that is not as it was when the run began.
 *
 * @param what the option, as the user writes it, or the file
 * @param before as the run directory has it
 * @param now as requested
 */
public record Change(String what, String before, String now) {
  @Override
  public String toString() {
    return what + ": " + before + " before, " + now + " now";
  }
}
