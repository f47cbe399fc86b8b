package dev.vl4j.engine.model.tower;

import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import java.util.HashMap;
import java.util.Map;

/**
 * Operands of a forward that one layer after another uses, one for each format that layers read.
 */
final class OperandPool {
  private record Kind(OperandFormat format, int columns) {}

  private final Forward forward;
  private final int rows;
  private final Map<Kind, Operand> operands = new HashMap<>();

  OperandPool(Forward forward, int rows) {
    this.forward = forward;
    this.rows = rows;
  }

  /** What a layer is to read; valid until it is asked for again. */
  Operand of(Linear reader) {
    return operands.computeIfAbsent(
        new Kind(reader.operands(), reader.inFeatures()), _ -> forward.operand(rows, reader));
  }
}
