package dev.vl4j.loader.hub;

/** Hears what a download does. Calls come from any thread, one at a time. */
public interface HubListener {
  /** Hears nothing. */
  HubListener NONE =
      new HubListener() {
        @Override
        public void note(String message) {}

        @Override
        public void progress(String file, long done, long total) {}
      };

  /** One line that a person should see: what is downloaded, why something is tried again. */
  void note(String message);

  /**
   * How far a download is.
   *
   * @param file the file at work
   * @param done bytes that are here, of all files that were missing
   * @param total bytes of all files that were missing
   */
  void progress(String file, long done, long total);
}
