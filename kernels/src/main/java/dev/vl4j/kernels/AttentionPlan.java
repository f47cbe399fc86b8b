package dev.vl4j.kernels;

/** What attends to what in a forward, from {@link Forward#attention}: the same for all layers. */
public interface AttentionPlan {
  /** The heads that the plan is for. */
  AttentionShape shape();

  /** Rows whose keys and values this forward computes. */
  int rows();

  /** Rows that attend. */
  int queries();
}
