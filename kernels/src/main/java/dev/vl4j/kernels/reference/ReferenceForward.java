package dev.vl4j.kernels.reference;

import static dev.vl4j.kernels.reference.ReferenceTensor.own;

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
import java.util.ArrayList;
import java.util.List;

/** Computes each operation at once. Operands are float32 tensors, rounded when they are read. */
final class ReferenceForward implements Forward {
  private final ReferenceMemory memory;
  private final ReferenceMemory.Part whole;
  private final List<Runnable> releases = new ArrayList<>();

  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  private record RowNumbers(int[] rows, int largest) implements Indices {
    @Override
    public int count() {
      return rows.length;
    }
  }

  ReferenceForward(ReferenceMemory memory) {
    this.memory = memory;
    this.whole = memory.hold(0);
  }

  private void requireOpen(String operation) {
    whole.requireOpen(() -> operation + " of a forward");
  }

  @Override
  public ReferenceTensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    requireOpen("tensor");
    ReferenceTensor tensor = ReferenceTensor.empty(rows, columns, memory);
    releases.add(tensor::close);
    return tensor;
  }

  @Override
  public Operand operand(int rows, Linear reader) {
    Operands.operand(rows, reader);
    return tensor(rows, reader.inFeatures());
  }

  @Override
  public Operand queries(int rows, AttentionShape shape) {
    Operands.queries(rows, shape);
    return tensor(rows, shape.heads() * shape.headSize());
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int rows) {
    Operands.keyValues(shape, 1, rows);
    requireOpen("keyValues");
    ReferenceKeyValues keyValues = ReferenceKeyValues.of(shape, 1, rows, memory);
    releases.add(keyValues::close);
    return keyValues;
  }

  @Override
  public Indices indices(int[] rows) {
    requireOpen("indices");
    return new RowNumbers(rows.clone(), Operands.indices(rows));
  }

  @Override
  public Rotary rotary(RotaryEmbedding embedding, int[][] positions) {
    requireOpen("rotary");
    return ReferenceRotary.of(embedding, positions);
  }

  @Override
  public AttentionPlan attention(AttentionShape shape, List<Segment> segments) {
    requireOpen("attention");
    return new ReferenceAttention(shape, List.copyOf(segments));
  }

  @Override
  public void upload(float[] values, Tensor out) {
    Operands.upload(values, out);
    ReferenceTensor to = own(out);
    for (int row = 0; row < to.rows(); row++) {
      System.arraycopy(values, row * to.columns(), to.storage(), to.at(row), to.columns());
    }
  }

  @Override
  public void upload(byte[] samples, float[][] tables, Tensor out) {
    Operands.upload(samples, tables, out);
    int columns = out.columns();
    for (int i = 0; i < samples.length; i++) {
      float[] table = tables[i % columns / (columns / tables.length)];
      own(out).set(i / columns, i % columns, table[samples[i] & 0xFF]);
    }
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    Operands.copy(x, out);
    for (int row = 0; row < x.rows(); row++) {
      copyRow(own(x), row, own(out), row);
    }
  }

  @Override
  public void gather(Tensor x, Indices rows, Tensor out) {
    Operands.gather(x, rows, out);
    int[] numbers = numbers(rows);
    for (int row = 0; row < numbers.length; row++) {
      copyRow(own(x), numbers[row], own(out), row);
    }
  }

  private static void copyRow(ReferenceTensor x, int row, ReferenceTensor out, int toRow) {
    for (int column = 0; column < x.columns(); column++) {
      out.set(toRow, column, x.get(row, column));
    }
  }

  @Override
  public void gather(RowTable table, Indices rows, Tensor out) {
    Operands.gather(table, rows, out);
    int[] numbers = numbers(rows);
    for (int row = 0; row < numbers.length; row++) {
      for (int column = 0; column < table.columns(); column++) {
        own(out).set(row, column, ReferenceTable.own(table).get(numbers[row], column));
      }
    }
  }

  @Override
  public void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    int[] numbers = numbers(rows);
    for (int row = 0; row < out.rows(); row++) {
      for (int column = 0; column < table.columns(); column++) {
        double sum = 0;
        for (int tap = row * taps; tap < (row + 1) * taps; tap++) {
          sum += (double) weights[tap] * ReferenceTable.own(table).get(numbers[tap], column);
        }
        own(out).set(row, column, own(out).get(row, column) + sum);
      }
    }
  }

  @Override
  public void add(Tensor x, Tensor out) {
    Operands.add(x, out);
    for (int row = 0; row < x.rows(); row++) {
      for (int column = 0; column < x.columns(); column++) {
        own(out).set(row, column, own(out).get(row, column) + own(x).get(row, column));
      }
    }
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out) {
    Operands.rmsNorm(x, weight, out);
    ReferenceNorms.rmsNorm(own(x), own(weight), epsilon, own(out));
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out) {
    Operands.layerNorm(x, weight, bias, out);
    ReferenceNorms.layerNorm(own(x), own(weight), own(bias), epsilon, own(out));
  }

  @Override
  public void linear(Operand x, Linear weight, Epilogue epilogue, Operand out) {
    Operands.linear(x, weight, epilogue, out);
    ReferenceProduct.run(own(x), ReferenceLinear.own(weight), epilogue, own(out));
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
    int columns = queries.columns();
    ReferenceTensor all = own(projected);
    queries(all.columns(0, columns), queryNorm, rotary, plan.shape(), queries);
    keyValues(all.columns(columns, all.columns()), keyNorm, rotary, plan, layer);
  }

  @Override
  public void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries) {
    Operands.queries(projected, norm, rotary, shape, queries);
    turn(own(projected), norm, rotary);
    ReferenceAttention rounding = new ReferenceAttention(shape, List.of());
    for (int row = 0; row < projected.rows(); row++) {
      rounding.round(own(projected), row, own(queries), row);
    }
  }

  @Override
  public void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    Operands.keyValues(projected, norm, rotary, plan, layer);
    int columns = projected.columns() / 2;
    ReferenceTensor keys = own(projected).columns(0, columns);
    turn(keys, norm, rotary);
    ReferenceAttention.own(plan).write(keys, own(projected).columns(columns, 2 * columns), layer);
  }

  private static void turn(ReferenceTensor heads, HeadNorm norm, Rotary rotary) {
    ReferenceNorms.heads(heads, norm);
    for (int row = 0; row < heads.rows(); row++) {
      ReferenceRotary.own(rotary).turn(heads, row);
    }
  }

  @Override
  public void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    Operands.attention(queries, plan, layer, out);
    ReferenceAttention.own(plan).run(own(queries), layer, own(out));
  }

  @Override
  public void copy(KeyValues from, int start, KeyValues to) {
    Operands.copy(from, start, to);
    ReferenceTensor source = ReferenceKeyValues.own(from).all();
    ReferenceTensor target = ReferenceKeyValues.own(to).all();
    for (int layer = 0; layer < from.layers(); layer++) {
      for (int row = 0; row < to.rows(); row++) {
        copyRow(source, layer * from.rows() + start + row, target, layer * to.rows() + row);
      }
    }
  }

  @Override
  public Readback read(Tensor x) {
    float[] values = new float[x.rows() * x.columns()];
    ReferenceTensor from = own(x);
    for (int row = 0; row < from.rows(); row++) {
      System.arraycopy(from.storage(), from.at(row), values, row * from.columns(), from.columns());
    }
    return Readback.of(values);
  }

  private static int[] numbers(Indices indices) {
    if (indices instanceof RowNumbers own) {
      return own.rows;
    }
    throw new BackendException("reference: row numbers of another backend: " + indices.getClass());
  }

  @Override
  public void close() {
    whole.close();
    releases.forEach(Runnable::run);
    releases.clear();
  }
}
