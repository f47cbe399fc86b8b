package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.backend.ForwardScope;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
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
import java.util.List;

/** Enqueues each operation on the device's stream and waits for none. */
final class AscendForward implements Forward {
  private final Session session;
  private final Operators operators;
  private final LinearLayers layers;
  private final Heads heads;
  private final Attentions attentions;
  private final Transfers transfers;
  private final ForwardScope scope;

  AscendForward(Session session, Attentions attentions, Transfers transfers) {
    this.session = session;
    scope = new ForwardScope(session.npu(), session.pool());
    this.operators = session.operators();
    this.attentions = attentions;
    this.transfers = transfers;
    layers = new LinearLayers(session);
    heads = new Heads(session);
  }

  @Override
  public Tensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    return scope.on(
        "tensor",
        () -> {
          DeviceBlock block = scope.allocate(AscendTensor.bytes(rows, columns));
          return new AscendTensor(new TensorMemory(session, block), rows, columns);
        });
  }

  @Override
  public Operand operand(int rows, Linear reader) {
    Operands.operand(rows, reader);
    return scope.on(
        "operand",
        () -> {
          AscendLinear linear = session.linear(reader);
          long bytes = (long) rows * linear.inFeatures() * linear.type().bytes();
          return new AscendOperand(
              session, scope.allocate(bytes), linear.type(), rows, linear.inFeatures());
        });
  }

  /** Memory that is zero if heads have padding. */
  private DeviceBlock allocate(AttentionShape shape, long bytes) {
    DeviceBlock block = scope.allocate(bytes);
    if (bytes > 0 && HeadPadding.of(shape).isPadded()) {
      session.npu().zero(block.address(), bytes);
    }
    return block;
  }

  @Override
  public Operand queries(int rows, AttentionShape shape) {
    Operands.queries(rows, shape);
    session.require("queries", shape);
    return scope.on(
        "queries",
        () ->
            new AscendQueries(
                session, allocate(shape, AttentionMemory.queryBytes(shape, rows)), shape, rows));
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int rows) {
    Operands.keyValues(shape, 1, rows);
    session.require("keyValues", shape);
    return scope.on(
        "keyValues",
        () ->
            new AscendKeyValues(
                session, allocate(shape, AscendKeyValues.bytes(shape, 1, rows)), shape, 1, rows));
  }

  @Override
  public Indices indices(int[] rows) {
    int largest = Operands.indices(rows);
    return scope.on(
        "indices",
        () -> {
          DeviceBlock block = scope.allocate((long) rows.length * Integer.BYTES);
          transfers.upload(rows, block.address());
          return new AscendIndices(session, block, rows.length, largest);
        });
  }

  @Override
  public Rotary rotary(RotaryEmbedding embedding, int[][] positions) {
    Operands.rotary(embedding, positions);
    int rows = positions.length == 0 ? 0 : positions[0].length;
    int pairs = embedding.pairs();
    return scope.on(
        "rotary",
        () -> {
          DeviceBlock table = scope.allocate(4L * rows * pairs * Float.BYTES);
          transfers.rotary(embedding, positions, rows, table.address());
          return new AscendRotary(session, table, rows, pairs);
        });
  }

  @Override
  public AttentionPlan attention(AttentionShape shape, List<Segment> segments) {
    session.require("attention", shape);
    Operands.segments(shape, segments);
    return scope.on(
        "attention",
        () -> AscendAttention.of(session, transfers, shape, segments, scope::allocate));
  }

  @Override
  public void upload(float[] values, Tensor out) {
    Operands.upload(values, out);
    scope.enqueue("upload", () -> transfers.upload(values, session.tensor(out)));
  }

  @Override
  public void upload(byte[] samples, float[][] tables, Tensor out) {
    Operands.upload(samples, tables, out);
    scope.enqueue("upload", () -> transfers.upload(samples, tables, session.tensor(out)));
  }

  private void copyRows(View from, View to) {
    if (from.elements() > 0) {
      operators.copy(from, to);
    }
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    Operands.copy(x, out);
    scope.enqueue(
        "copy", () -> copyRows(session.tensor(x).elements(), session.tensor(out).written()));
  }

  @Override
  public void gather(Tensor x, Indices rows, Tensor out) {
    Operands.gather(x, rows, out);
    scope.enqueue(
        "gather",
        () -> {
          View from = session.tensor(x).elements();
          View numbers = session.indices(rows).elements();
          View to = session.tensor(out).written();
          if (to.elements() > 0) {
            through(ElementType.F32, to, dense -> operators.select(from, numbers, dense));
          }
        });
  }

  @Override
  public void gather(RowTable table, Indices rows, Tensor out) {
    Operands.gather(table, rows, out);
    scope.enqueue(
        "gather",
        () -> {
          AscendTable from = session.table(table);
          View numbers = session.indices(rows).elements();
          View to = session.tensor(out).written();
          if (to.elements() > 0) {
            through(from.type(), to, dense -> operators.embedding(from.elements(), numbers, dense));
          }
        });
  }

  /** Writes dense rows of a type, and then to where they belong, if that is not the same. */
  private void through(ElementType type, View to, java.util.function.Consumer<View> writer) {
    if (type == to.type() && to.isDense()) {
      writer.accept(to);
      return;
    }
    try (DeviceBlock block = session.temporary(type, to.shape())) {
      View dense = View.dense(block.address(), type, to.shape());
      writer.accept(dense);
      operators.copy(dense, to);
    }
  }

  @Override
  public void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    scope.enqueue(
        "addInterpolated",
        () -> {
          AscendTable from = session.table(table);
          View numbers = session.indices(rows).elements();
          View to = session.tensor(out).written();
          if (to.elements() > 0 && taps > 0) {
            addInterpolated(from, numbers, weights, taps, to);
          }
        });
  }

  /** The sum of the taps is made first, in their order. */
  private void addInterpolated(AscendTable from, View numbers, float[] weights, int taps, View to) {
    long columns = to.shape()[1];
    try (DeviceBlock block = session.temporary(ElementType.F32, weights.length, columns);
        DeviceBlock factors = session.temporary(ElementType.F32, weights.length, 1)) {
      View taken = View.dense(block.address(), ElementType.F32, weights.length, columns);
      through(from.type(), taken, dense -> operators.embedding(from.elements(), numbers, dense));
      transfers.upload(weights, factors.address());
      operators.multiplyBy(
          taken, View.dense(factors.address(), ElementType.F32, weights.length, 1));
      View byTap = taken.reshaped(to.shape()[0], taps, columns).permuted(1, 0, 2);
      View sum = tap(byTap, 0);
      for (int tap = 1; tap < taps; tap++) {
        operators.addTo(sum, tap(byTap, tap));
      }
      operators.addTo(to, sum);
    }
  }

  /** [rows, columns] of a tap. */
  private static View tap(View byTap, int tap) {
    View one = byTap.rows(tap, tap + 1);
    return new View(
        one.address(),
        one.type(),
        one.storage(),
        one.offset(),
        new long[] {one.shape()[1], one.shape()[2]},
        new long[] {one.strides()[1], one.strides()[2]});
  }

  @Override
  public void add(Tensor x, Tensor out) {
    Operands.add(x, out);
    scope.enqueue(
        "add",
        () -> {
          View addend = session.tensor(x).elements();
          View sum = session.tensor(out).written();
          if (sum.elements() > 0) {
            operators.addTo(sum, addend);
          }
        });
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out) {
    Operands.rmsNorm(x, weight, out);
    scope.enqueue(
        "rmsNorm",
        () -> {
          View from = session.tensor(x).elements();
          View gamma = session.tensor(weight).vector();
          View to = session.written(out);
          if (to.elements() == 0) {
            return;
          }
          try (DeviceBlock inverses = session.temporary(ElementType.F32, from.shape()[0], 1)) {
            View unused = View.dense(inverses.address(), ElementType.F32, from.shape()[0], 1);
            through(
                ElementType.F32,
                to,
                dense -> operators.rmsNorm(from, gamma, epsilon, dense, unused));
          }
        });
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out) {
    Operands.layerNorm(x, weight, bias, out);
    scope.enqueue(
        "layerNorm",
        () -> {
          View from = session.tensor(x).elements();
          View gamma = session.tensor(weight).vector();
          View beta = session.tensor(bias).vector();
          View to = session.written(out);
          if (to.elements() > 0) {
            through(
                ElementType.F32,
                to,
                dense -> operators.layerNorm(from, gamma, beta, epsilon, dense));
          }
        });
  }

  @Override
  public void linear(Operand x, Linear weight, Epilogue epilogue, Operand out) {
    Operands.linear(x, weight, epilogue, out);
    scope.enqueue("linear", () -> layers.run(x, session.linear(weight), epilogue, out));
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
    scope.enqueue(
        "queryKeyValues",
        () -> {
          AscendAttention attention = AscendAttention.own(session, plan, layer);
          AttentionShape shape = plan.shape();
          View all = session.tensor(projected).written();
          int columns = shape.heads() * shape.headSize();
          AscendRotary turns = session.rotary(rotary);
          heads.queries(all.columns(0, columns), queryNorm, turns, session.queries(queries, shape));
          heads.keyValues(all.columns(columns, all.shape()[1]), keyNorm, turns, attention, layer);
        });
  }

  @Override
  public void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries) {
    session.require("queries", shape);
    Operands.queries(projected, norm, rotary, shape, queries);
    scope.enqueue(
        "queries",
        () ->
            heads.queries(
                session.tensor(projected).written(),
                norm,
                session.rotary(rotary),
                session.queries(queries, shape)));
  }

  @Override
  public void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    Operands.keyValues(projected, norm, rotary, plan, layer);
    scope.enqueue(
        "keyValues",
        () ->
            heads.keyValues(
                session.tensor(projected).written(),
                norm,
                session.rotary(rotary),
                AscendAttention.own(session, plan, layer),
                layer));
  }

  @Override
  public void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    Operands.attention(queries, plan, layer, out);
    scope.enqueue(
        "attention",
        () ->
            attentions.run(
                session.queries(queries, plan.shape()),
                AscendAttention.own(session, plan, layer),
                layer,
                session.written(out)));
  }

  @Override
  public void copy(KeyValues from, int start, KeyValues to) {
    Operands.copy(from, start, to);
    scope.enqueue(
        "copy",
        () -> {
          AscendKeyValues source = session.keyValues(from);
          AscendKeyValues target = session.keyValues(to);
          copyRows(source.run(start, target.rows()), target.run(0, target.rows()));
        });
  }

  @Override
  public Readback read(Tensor x) {
    return scope.on("read", () -> transfers.read(session.tensor(x), scope));
  }

  @Override
  public void close() {
    scope.close();
  }
}
