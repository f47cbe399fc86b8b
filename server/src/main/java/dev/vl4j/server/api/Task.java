package dev.vl4j.server.api;

/** What a served model does. */
public enum Task {
  /** Judges documents. */
  RERANK,
  /** Turns inputs into vectors. */
  EMBED
}
