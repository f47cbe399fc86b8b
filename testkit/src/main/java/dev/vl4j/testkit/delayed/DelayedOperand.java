package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import org.jspecify.annotations.Nullable;

/** What a linear layer or attention is to read. */
final class DelayedOperand extends Handle<Operand> implements DeviceOperand {
  private final int rows;
  private final int columns;
  private final OperandFormat format;
  private final @Nullable AttentionShape attention;
  private boolean written;

  /** What this layer, and others of its format and width, are to read. */
  DelayedOperand(ForwardCommands owner, int rows, DelayedLinear reader) {
    this(owner, "operand", rows, reader.inFeatures(), reader.operands(), null);
  }

  /** What attention is to read. */
  DelayedOperand(ForwardCommands owner, int rows, AttentionShape shape) {
    this(owner, "queries", rows, shape.heads() * shape.headSize(), shape.operands(), shape);
  }

  private DelayedOperand(
      ForwardCommands owner,
      String operation,
      int rows,
      int columns,
      OperandFormat format,
      @Nullable AttentionShape attention) {
    super(
        owner.backend(),
        owner,
        operation,
        "[%d, %d] %s".formatted(rows, columns, format),
        bytes(rows, columns, format));
    this.rows = rows;
    this.columns = columns;
    this.format = format;
    this.attention = attention;
  }

  private static long bytes(int rows, int columns, OperandFormat format) {
    // What is in 8 bits has a scale for each row.
    int scales = elementBytes(format) == Byte.BYTES ? Float.BYTES : 0;
    return (long) rows * (columns * elementBytes(format) + scales);
  }

  static long elementBytes(OperandFormat format) {
    return switch (format) {
      case F32 -> Float.BYTES;
      case BF16 -> Short.BYTES;
      case INT8, FP8 -> Byte.BYTES;
    };
  }

  @Override
  public Handle<Operand> memory() {
    return this;
  }

  @Override
  public Operand innerOperand() {
    return inner();
  }

  @Override
  public void markWritten() {
    written = true;
  }

  void requireReadableBy(String operation, Linear reader) {
    if (attention != null || reader.operands() != format) {
      throw new BackendException(
          "%s: %s is for %s, but the weight reads %s"
              .formatted(
                  operation, this, attention == null ? format : "attention", reader.operands()));
    }
    requireWritten(operation);
  }

  /** Refuses to hold queries of another attention. */
  void requireFor(String operation, AttentionShape shape) {
    if (!shape.equals(attention)) {
      throw new BackendException(
          "%s: %s is for %s, expected queries of %s"
              .formatted(operation, this, attention == null ? "a linear layer" : attention, shape));
    }
  }

  void requireWritten(String operation) {
    if (!written) {
      throw new BackendException("%s: %s was never written".formatted(operation, this));
    }
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }
}
