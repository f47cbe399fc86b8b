package dev.vl4j.kernels;

/**
 * The capability of a {@link Backend} whose prepared weights can be kept in files, and be used from
 * there by later processes without preparing them again.
 */
public interface PackedWeights {
  /**
   * Names the form in which weights for these operands are prepared here. Memory that one backend
   * has added to a {@link PreparedStore} serves another if theirs are equal.
   */
  String layout(OperandFormat operands);

  /**
   * From now on, weights that the store has are not prepared but taken from it, and others are
   * added to it; {@link PreparedStore#NONE} ends that. Weights from a store must be closed before
   * it is.
   */
  void prepareFrom(PreparedStore store);
}
