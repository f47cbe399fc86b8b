package dev.vl4j.loader.hub;

/** Adds the files of a download up for its listener. */
final class DownloadProgress {
  private final HubListener listener;
  private final long total;
  private long finished;

  /** For files of {@code total} bytes that are not here. */
  DownloadProgress(HubListener listener, long total) {
    this.listener = listener;
    this.total = total;
  }

  /** The current file is here up to {@code bytes}. */
  void at(String file, long bytes) {
    listener.progress(file, finished + bytes, total);
  }

  /** The current file is done. */
  void finished(RemoteFile file) {
    finished += file.size();
    listener.progress(file.path(), finished, total);
  }
}
