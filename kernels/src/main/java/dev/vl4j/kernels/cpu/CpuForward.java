package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Indices;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.cpu.emitted.PackedOperand;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.CpuKeyValues;
import dev.vl4j.kernels.cpu.family.CpuRotary;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadOperand;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Computes each operation at once, in the caller's thread and the workers'. */
final class CpuForward implements Forward {
  private final CpuKernels kernels;
  private final RowOperations rowwise;
  private final ForwardMemory memory;

  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  private record RowNumbers(int[] rows, int largest) implements Indices {
    static int[] of(Indices indices) {
      if (indices instanceof RowNumbers own) {
        return own.rows;
      }
      throw new BackendException(
          "expected row numbers of this backend, found " + indices.getClass().getSimpleName());
    }

    @Override
    public int count() {
      return rows.length;
    }
  }

  CpuForward(CpuKernels kernels, RowOperations rowwise, HostMemory memory) {
    this.kernels = kernels;
    this.rowwise = rowwise;
    this.memory = new ForwardMemory(memory);
  }

  @Override
  public Tensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    return memory.tensor(rows, columns);
  }

  @Override
  public Operand operand(int rows, Linear reader) {
    Operands.operand(rows, reader);
    return PanelLinear.of(reader).operand(rows, memory);
  }

  @Override
  public Operand queries(int rows, AttentionShape shape) {
    Operands.queries(rows, shape);
    HeadFormat format = kernels.family(shape).headFormat(shape);
    return new HeadOperand(
        memory.block(format.bytes(shape.heads(), rows)), format, rows, shape.heads());
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int rows) {
    Operands.keyValues(shape, 1, rows);
    HeadFormat format = kernels.family(shape).headFormat(shape);
    long bytes = CpuKeyValues.bytes(shape, format, 1, rows);
    return new CpuKeyValues(shape, format, 1, rows, memory.block(bytes));
  }

  @Override
  public Indices indices(int[] rows) {
    memory.requireOpen();
    return new RowNumbers(rows.clone(), Operands.indices(rows));
  }

  @Override
  public Rotary rotary(RotaryEmbedding embedding, int[][] positions) {
    Operands.rotary(embedding, positions);
    int rows = positions.length == 0 ? 0 : positions[0].length;
    CpuRotary rotary =
        new CpuRotary(
            memory.tensor(rows, embedding.pairs()), memory.tensor(rows, embedding.pairs()));
    eachRow(rows, row -> rotary.compute(embedding, positions, row));
    return rotary;
  }

  @Override
  public AttentionPlan attention(AttentionShape shape, List<Segment> segments) {
    memory.requireOpen();
    return kernels.family(shape).attention(shape, segments);
  }

  @Override
  public void upload(float[] values, Tensor out) {
    Operands.upload(values, out);
    memory.requireOpen();
    HostTensor to = HostTensor.of(out);
    int columns = to.columns();
    for (int row = 0; row < to.rows(); row++) {
      MemorySegment.copy(
          values, row * columns, to.data(), ValueLayout.JAVA_FLOAT, to.at(row, 0), columns);
    }
  }

  @Override
  public void upload(byte[] samples, float[][] tables, Tensor out) {
    Operands.upload(samples, tables, out);
    memory.requireOpen();
    HostTensor to = HostTensor.of(out);
    int columns = to.columns();
    int share = columns / tables.length;
    eachRow(
        to.rows(),
        row -> {
          for (int column = 0; column < columns; column++) {
            float value = tables[column / share][samples[row * columns + column] & 0xFF];
            to.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, to.at(row, column), value);
          }
        });
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    Operands.copy(x, out);
    memory.requireOpen();
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    eachRow(from.rows(), row -> copyRow(from, row, to, row));
  }

  @Override
  public void gather(Tensor x, Indices rows, Tensor out) {
    Operands.gather(x, rows, out);
    memory.requireOpen();
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    int[] numbers = RowNumbers.of(rows);
    eachRow(numbers.length, row -> copyRow(from, numbers[row], to, row));
  }

  private static void copyRow(HostTensor from, int row, HostTensor to, int toRow) {
    long bytes = (long) from.columns() * Float.BYTES;
    MemorySegment.copy(from.data(), from.at(row, 0), to.data(), to.at(toRow, 0), bytes);
  }

  @Override
  public void gather(RowTable table, Indices rows, Tensor out) {
    Operands.gather(table, rows, out);
    memory.requireOpen();
    CpuTable from = CpuTable.of(table);
    HostTensor to = HostTensor.of(out);
    int[] numbers = RowNumbers.of(rows);
    eachRow(numbers.length, row -> from.copyRow(numbers[row], to, row));
  }

  @Override
  public void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    memory.requireOpen();
    CpuTable from = CpuTable.of(table);
    HostTensor to = HostTensor.of(out);
    int[] numbers = RowNumbers.of(rows);
    eachRow(
        to.rows(), row -> from.addRows(numbers, weights, row * taps, (row + 1) * taps, to, row));
  }

  @Override
  public void add(Tensor x, Tensor out) {
    Operands.add(x, out);
    memory.requireOpen();
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    kernels
        .pool()
        .run(
            from.rows(),
            RowOperations.TASK_ROWS,
            (first, last, worker) -> kernels.add(from.rows(first, last), to.rows(first, last)));
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out) {
    Operands.rmsNorm(x, weight, out);
    memory.requireOpen();
    rowwise.rmsNorm(HostTensor.of(x), HostTensor.of(weight), epsilon, out);
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out) {
    Operands.layerNorm(x, weight, bias, out);
    memory.requireOpen();
    rowwise.layerNorm(HostTensor.of(x), HostTensor.of(weight), HostTensor.of(bias), epsilon, out);
  }

  @Override
  public void linear(Operand x, Linear weight, Epilogue epilogue, Operand out) {
    Operands.linear(x, weight, epilogue, out);
    memory.requireOpen();
    PanelLinear linear = PanelLinear.of(weight);
    if (out instanceof PackedOperand operand && !linear.rounds()) {
      HostTensor result = memory.result(out.rows(), out.columns());
      linear.multiply(x, epilogue, result, memory);
      kernels.round(result, operand.open());
    } else {
      linear.multiply(x, epilogue, out, memory);
    }
  }

  @Override
  public void queryKeyValues(
      Tensor projected,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      Rotary rotary,
      AttentionPlan plan,
      int layer,
      Operand queries) {
    Operands.queryKeyValues(projected, queryNorm, keyNorm, rotary, plan, layer, queries);
    memory.requireOpen();
    CpuAttention attention = CpuAttention.of(plan);
    rowwise.queryKeyValues(
        HostTensor.of(projected),
        queryNorm,
        keyNorm,
        CpuRotary.of(rotary),
        attention,
        layer,
        kernels.family(attention.shape()),
        HeadOperand.of(queries, attention.format()));
  }

  @Override
  public void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries) {
    Operands.queries(projected, norm, rotary, shape, queries);
    memory.requireOpen();
    KernelFamily family = kernels.family(shape);
    rowwise.queries(
        HostTensor.of(projected),
        norm,
        CpuRotary.of(rotary),
        family,
        HeadOperand.of(queries, family.headFormat(shape)));
  }

  @Override
  public void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    Operands.keyValues(projected, norm, rotary, plan, layer);
    memory.requireOpen();
    CpuAttention attention = CpuAttention.of(plan);
    rowwise.queryKeyValues(
        HostTensor.of(projected),
        HeadNorm.NONE,
        norm,
        CpuRotary.of(rotary),
        attention,
        layer,
        kernels.family(attention.shape()),
        null);
  }

  @Override
  public void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    Operands.attention(queries, plan, layer, out);
    memory.requireOpen();
    CpuAttention attention = CpuAttention.of(plan);
    HeadRows heads = HeadOperand.of(queries, attention.format());
    if (out instanceof PackedOperand operand && !attention.rounds()) {
      HostTensor result = memory.result(out.rows(), out.columns());
      attention.run(heads, layer, result, memory);
      kernels.round(result, operand.open());
    } else {
      attention.run(heads, layer, out, memory);
    }
  }

  @Override
  public void copy(KeyValues from, int start, KeyValues to) {
    Operands.copy(from, start, to);
    memory.requireOpen();
    CpuKeyValues.of(to).copyFrom(CpuKeyValues.of(from), start);
  }

  @Override
  public Readback read(Tensor x) {
    memory.requireOpen();
    HostTensor from = HostTensor.of(x);
    float[] values = new float[Math.multiplyExact(from.rows(), from.columns())];
    for (int row = 0; row < from.rows(); row++) {
      from.copyRowTo(row, values, row * from.columns());
    }
    return Readback.of(values);
  }

  @Override
  public void close() {
    memory.close();
  }

  /** What an operation does to one row. */
  private interface RowBody {
    void run(int row);
  }

  private void eachRow(int rows, RowBody body) {
    kernels
        .pool()
        .run(
            rows,
            RowOperations.TASK_ROWS,
            (first, last, worker) -> {
              for (int row = first; row < last; row++) {
                body.run(row);
              }
            });
  }
}
