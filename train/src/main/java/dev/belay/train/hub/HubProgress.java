package dev.belay.train.hub;

/** Receives the progress of a download. */
public interface HubProgress {
  /** Shows nothing. */
  HubProgress SILENT =
      new HubProgress() {
        @Override
        public void downloading(String file, long done, long size) {}

        @Override
        public void note(String line) {}
      };

  /**
   * Bytes of a file have arrived.
   *
   * @param file with the name of its repository
   * @param size of the whole file; negative if the hub does not say it
   */
  void downloading(String file, long done, long size);

  /** A remark for people. */
  void note(String line);
}
