package dev.vl4j.search;

/** What becomes of an index that is there already. */
public enum IndexMode {
  /** It is brought up to date. */
  CONTINUE,

  /** The same, where the indexed folder has another path than before. */
  MOVED,

  /** It is dropped, whatever it was made with. */
  ANEW
}
