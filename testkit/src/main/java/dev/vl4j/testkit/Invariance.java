package dev.vl4j.testkit;

/** What changes a result no more than the backend's class allows. */
public enum Invariance {
  /** Which other rows are in the batch. */
  BATCH,
  /** Whether a sequence is one segment or a branch of a tree. */
  BRANCH,
  /** Whether keys and values are of this forward or of an earlier one. */
  STORED,
  /** Whether other rows of a segment attend. */
  QUERIES,
  /** Whether queries, keys and values are taken in one operation. */
  TOGETHER,
  /** Whether a linear layer reads an operand, or a tensor of the same values. */
  OPERAND,
  /** How many threads compute. */
  THREADS
}
