package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.HostTensor;
import java.util.List;

/** Kernels of one kind, with the threads and the scratch memory that they run with. */
public interface KernelFamily {
  /** Columns of a weight's panel. */
  int panel();

  /** Names the form of weights in a store. */
  String layout(OperandFormat operands);

  /**
   * Prepares a weight.
   *
   * @param rows in panels of {@link #panel} columns
   * @param store what it has is not packed again
   */
  PanelLinear pack(PackedRows rows, OperandFormat operands, PreparedStore store);

  /** How attention wants heads of queries, keys and values. */
  HeadFormat headFormat(AttentionShape shape);

  /**
   * Rounds rows of heads.
   *
   * @param heads [rows, heads * headSize]
   * @param row of {@code to} where the first goes
   */
  void write(HostTensor heads, HeadRows to, int row);

  /**
   * Norms heads of queries or keys, rotates them and rounds them. The heads themselves are
   * undefined afterwards.
   *
   * @param heads [rows, heads * headSize]
   * @param row of {@code to} where the first goes
   */
  default void turn(
      HostTensor heads,
      HeadNorm norm,
      CpuRotary rotary,
      HeadRows to,
      int row,
      Norms norms,
      int worker) {
    if (norm.weight() != null) {
      norms.rmsNorm(heads, HostTensor.of(norm.weight()), norm.epsilon(), heads, worker);
    }
    norms.rotate(heads, rotary.cosine(), rotary.sine(), worker);
    write(heads, to, row);
  }

  /** Plans attention. */
  CpuAttention attention(AttentionShape shape, List<Segment> segments);
}
