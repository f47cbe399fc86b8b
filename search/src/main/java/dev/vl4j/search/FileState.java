package dev.vl4j.search;

/** What has become of a file since it was indexed. */
public enum FileState {
  /** It is as it was. */
  UNCHANGED,

  /** Its content is another one. */
  CHANGED,

  /** It is not there, or cannot be read. */
  GONE
}
