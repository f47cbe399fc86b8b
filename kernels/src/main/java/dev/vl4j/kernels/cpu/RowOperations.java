package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.cpu.emitted.PackedOperand;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.CpuRotary;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/** Operations that are computed row by row: norms, and what heads go through before attention. */
final class RowOperations {
  /** Rows of a task: enough that claiming it costs nothing. */
  static final int TASK_ROWS = 16;

  /** Rows that are normed, then rounded, while they are in the first-level cache. */
  private static final int CACHED_ROWS = 4;

  private final CpuKernels kernels;

  /** A few rows of float32 for each worker. */
  private final @Nullable HostTensor[] cached;

  RowOperations(CpuKernels kernels) {
    this.kernels = kernels;
    cached = new @Nullable HostTensor[kernels.pool().size()];
  }

  /** Norms some rows. */
  private interface Norm {
    void run(HostTensor x, HostTensor out, int worker);
  }

  void rmsNorm(HostTensor x, HostTensor weight, float epsilon, Operand out) {
    norm(x, out, (from, to, worker) -> kernels.norms().rmsNorm(from, weight, epsilon, to, worker));
  }

  void layerNorm(HostTensor x, HostTensor weight, HostTensor bias, float epsilon, Operand out) {
    norm(
        x,
        out,
        (from, to, worker) -> kernels.norms().layerNorm(from, weight, bias, epsilon, to, worker));
  }

  private void norm(HostTensor x, Operand out, Norm norm) {
    if (!(out instanceof PackedOperand operand)) {
      HostTensor to = HostTensor.of(out);
      kernels
          .pool()
          .run(
              x.rows(),
              TASK_ROWS,
              (first, last, worker) -> norm.run(x.rows(first, last), to.rows(first, last), worker));
      return;
    }
    operand.open();
    kernels
        .pool()
        .run(
            x.rows(),
            TASK_ROWS,
            (first, last, worker) -> {
              HostTensor rows = cached(worker, x.columns());
              for (int row = first; row < last; row += CACHED_ROWS) {
                int end = Math.min(last, row + CACHED_ROWS);
                HostTensor some = rows.rows(0, end - row);
                norm.run(x.rows(row, end), some, worker);
                operand.write(some, row, 0);
              }
            });
  }

  private HostTensor cached(int worker, int columns) {
    HostTensor rows = cached[worker];
    if (rows == null || rows.columns() != columns) {
      long bytes = HostTensor.bytes(CACHED_ROWS, columns);
      HostBlock block = HostBlock.unowned(Arena.ofAuto().allocate(bytes, 64));
      rows = new HostTensor(block, CACHED_ROWS, columns);
      cached[worker] = rows;
    }
    return rows;
  }

  /** Norms, rotates and rounds queries, in place and then to where attention reads them. */
  void queries(
      HostTensor projected, HeadNorm norm, CpuRotary rotary, KernelFamily family, HeadRows to) {
    kernels
        .pool()
        .run(
            projected.rows(),
            TASK_ROWS,
            (first, last, worker) -> {
              HostTensor rows = projected.rows(first, last);
              CpuRotary angles = rotary.rows(first, last);
              family.turn(rows, norm, angles, to, first, kernels.norms(), worker);
            });
  }

  /**
   * The same of keys, and rounds values. Where columns of queries stand before them, those as well.
   *
   * @param to where queries go, if there are any
   */
  void queryKeyValues(
      HostTensor projected,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      CpuRotary rotary,
      CpuAttention plan,
      int layer,
      KernelFamily family,
      @Nullable HeadRows to) {
    int keys = plan.shape().keyValueHeads() * plan.shape().headSize();
    int queries = projected.columns() - 2 * keys;
    kernels
        .pool()
        .run(
            plan.runs().size(),
            (task, worker) -> {
              CpuAttention.Run run = plan.runs().get(task);
              HostTensor rows = projected.rows(run.from(), run.from() + run.rows());
              CpuRotary angles = rotary.rows(run.from(), run.from() + run.rows());
              if (to != null) {
                HostTensor query = rows.columns(0, queries);
                family.turn(query, queryNorm, angles, to, run.from(), kernels.norms(), worker);
              }
              HostTensor key = rows.columns(queries, queries + keys);
              HeadRows keyRows = run.keyValues().keys(layer);
              family.turn(key, keyNorm, angles, keyRows, run.to(), kernels.norms(), worker);
              HostTensor value = rows.columns(queries + keys, queries + 2 * keys);
              family.write(value, run.keyValues().values(layer), run.to());
            });
  }
}
