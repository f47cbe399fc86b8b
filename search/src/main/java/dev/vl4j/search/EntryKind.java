package dev.vl4j.search;

import java.util.Locale;

/** What an entry of an index is. */
public enum EntryKind {
  /** A piece of a text. */
  TEXT,

  /** A picture. */
  IMAGE,

  /** A page of a document. */
  PAGE,

  /** A video. */
  VIDEO;

  /** The kind as users write it: {@code text}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
