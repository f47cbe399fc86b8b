package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.AttentionKernels;
import dev.vl4j.cuda.kernel.E4m3Activation;
import dev.vl4j.cuda.kernel.Int8Activation;
import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.backend.ForwardScope;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
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
import org.jspecify.annotations.Nullable;

/** Enqueues each operation on the device's stream and waits for none. */
final class CudaForward implements Forward {
  private final Session session;
  private final Kernels kernels;
  private final AttentionKernels attentionKernels;
  private final LinearLayers layers;
  private final Transfers transfers;
  private final ForwardScope scope;

  CudaForward(Session session, LinearLayers layers, Transfers transfers) {
    this.session = session;
    scope = new ForwardScope(session.gpu(), session.pool());
    kernels = session.kernels();
    attentionKernels = session.attentionKernels();
    this.layers = layers;
    this.transfers = transfers;
  }

  @Override
  public Tensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    return scope.on(
        "tensor",
        () -> {
          DeviceBlock block = scope.allocate(CudaTensor.bytes(rows, columns));
          return new CudaTensor(new TensorMemory(session, block), rows, columns);
        });
  }

  @Override
  public Operand operand(int rows, Linear reader) {
    Operands.operand(rows, reader);
    return scope.on(
        "operand",
        () -> {
          CudaLinear linear = session.linear(reader);
          int columns = linear.inFeatures();
          return switch (linear.operands()) {
            case F32, BF16 -> operand(linear.element(), rows, columns);
            case FP8 -> {
              DeviceBlock block = scope.allocate(E4m3Activation.bytes(rows, columns));
              yield new E4m3Operand(session, block, rows, columns);
            }
            case INT8 -> {
              DeviceBlock block = scope.allocate(Int8Activation.bytes(rows, columns));
              yield new Int8Operand(session, block, rows, columns);
            }
          };
        });
  }

  @Override
  public Operand queries(int rows, AttentionShape shape) {
    Operands.queries(rows, shape);
    session.require("queries", shape);
    return scope.on(
        "queries",
        () -> operand(AttentionKernels.format(shape), rows, shape.heads() * shape.headSize()));
  }

  private CudaOperand operand(DType element, int rows, int columns) {
    return session.operand(
        scope.allocate(CudaOperand.bytes(element, rows, columns)), element, rows, columns);
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int rows) {
    Operands.keyValues(shape, 1, rows);
    session.require("keyValues", shape);
    return scope.on(
        "keyValues",
        () -> {
          DeviceBlock block = scope.allocate(CudaKeyValues.bytes(shape, 1, rows));
          return new CudaKeyValues(session, block, shape, 1, rows);
        });
  }

  @Override
  public Indices indices(int[] rows) {
    int largest = Operands.indices(rows);
    return scope.on(
        "indices",
        () -> {
          DeviceBlock block = scope.allocate((long) rows.length * Integer.BYTES);
          transfers.upload(rows, block.address());
          return new CudaIndices(session, block, rows.length, largest);
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
          DeviceBlock table = scope.allocate(2L * rows * pairs * Float.BYTES);
          transfers.rotary(embedding, positions, rows, table.address());
          return new CudaRotary(session, table, rows, pairs);
        });
  }

  @Override
  public AttentionPlan attention(AttentionShape shape, List<Segment> segments) {
    session.require("attention", shape);
    Operands.segments(shape, segments);
    return scope.on("attention", () -> CudaAttention.of(session, shape, segments, scope::allocate));
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

  @Override
  public void copy(Tensor x, Tensor out) {
    Operands.copy(x, out);
    scope.enqueue(
        "copy",
        () -> kernels.convert(session.tensor(x).matrix(), 0, session.tensor(out).written()));
  }

  @Override
  public void gather(Tensor x, Indices rows, Tensor out) {
    Operands.gather(x, rows, out);
    scope.enqueue(
        "gather",
        () -> {
          long numbers = session.indices(rows).block().address();
          kernels.gather(session.tensor(x).matrix(), 0, numbers, session.tensor(out).written());
        });
  }

  @Override
  public void gather(RowTable table, Indices rows, Tensor out) {
    Operands.gather(table, rows, out);
    scope.enqueue(
        "gather",
        () -> {
          CudaTable from = session.table(table);
          long numbers = session.indices(rows).block().address();
          kernels.gather(from.matrix(), from.scales(), numbers, session.tensor(out).written());
        });
  }

  @Override
  public void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    scope.enqueue(
        "addInterpolated",
        () -> {
          CudaTable from = session.table(table);
          long numbers = session.indices(rows).block().address();
          Matrix to = session.tensor(out).written();
          try (DeviceBlock factors = session.pool().allocate((long) weights.length * Float.BYTES)) {
            transfers.upload(weights, factors.address());
            kernels.addInterpolated(
                from.matrix(), from.scales(), numbers, factors.address(), taps, to);
          }
        });
  }

  @Override
  public void add(Tensor x, Tensor out) {
    Operands.add(x, out);
    scope.enqueue(
        "add", () -> kernels.add(session.tensor(x).matrix(), session.tensor(out).written()));
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out) {
    Operands.rmsNorm(x, weight, out);
    scope.enqueue(
        "rmsNorm",
        () -> {
          Matrix from = session.tensor(x).matrix();
          if (out instanceof CodedOperand<?> coded) {
            session.coded(coded).rmsNorm(from, row(weight), epsilon);
          } else {
            kernels.rmsNorm(from, row(weight), epsilon, session.written(out));
          }
        });
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out) {
    Operands.layerNorm(x, weight, bias, out);
    scope.enqueue(
        "layerNorm",
        () -> {
          Matrix from = session.tensor(x).matrix();
          if (out instanceof CodedOperand<?> coded) {
            session.coded(coded).layerNorm(from, row(weight), row(bias), epsilon);
          } else {
            kernels.layerNorm(from, row(weight), row(bias), epsilon, session.written(out));
          }
        });
  }

  /** The address of a tensor of one row, or 0 for none. */
  private long row(@Nullable Tensor tensor) {
    return tensor == null ? 0 : session.tensor(tensor).matrix().address();
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
          CudaAttention attention = CudaAttention.own(session, plan, layer);
          attentionKernels.queryKeyValues(
              session.tensor(projected).written(),
              plan.shape(),
              row(queryNorm.weight()),
              queryNorm.epsilon(),
              row(keyNorm.weight()),
              keyNorm.epsilon(),
              session.rotary(rotary).block().address(),
              session.queries(queries, plan.shape()).matrix(),
              attention.placeTable(),
              layer);
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
            attentionKernels.queries(
                session.tensor(projected).written(),
                shape,
                row(norm.weight()),
                norm.epsilon(),
                session.rotary(rotary).block().address(),
                session.queries(queries, shape).matrix()));
  }

  @Override
  public void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    Operands.keyValues(projected, norm, rotary, plan, layer);
    scope.enqueue(
        "keyValues",
        () -> {
          CudaAttention attention = CudaAttention.own(session, plan, layer);
          attentionKernels.keyValues(
              session.tensor(projected).written(),
              plan.shape(),
              row(norm.weight()),
              norm.epsilon(),
              session.rotary(rotary).block().address(),
              attention.placeTable(),
              layer);
        });
  }

  @Override
  public void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    Operands.attention(queries, plan, layer, out);
    scope.enqueue(
        "attention",
        () -> {
          if (out instanceof CodedOperand<?> coded) {
            long bytes = CudaTensor.bytes(out.rows(), out.columns());
            try (DeviceBlock block = session.pool().allocate(bytes)) {
              Matrix to = Matrix.dense(block.address(), DType.F32, out.rows(), out.columns());
              attend(queries, plan, layer, to);
              session.coded(coded).quantise(to);
            }
          } else {
            attend(queries, plan, layer, session.written(out));
          }
        });
  }

  private void attend(Operand queries, AttentionPlan plan, int layer, Matrix out) {
    CudaAttention attention = CudaAttention.own(session, plan, layer);
    attentionKernels.attention(
        attention.kind(),
        plan.shape(),
        session.queries(queries, plan.shape()).matrix(),
        attention.tileTable(),
        attention.tiles(),
        attention.longest(),
        attention.pieceTable(),
        layer,
        out);
  }

  @Override
  public void copy(KeyValues from, int start, KeyValues to) {
    Operands.copy(from, start, to);
    scope.enqueue(
        "copy",
        () -> {
          CudaKeyValues source = session.keyValues(from);
          CudaKeyValues target = session.keyValues(to);
          attentionKernels.copyKeyValues(
              source.address(start),
              source.layerStride(),
              target.address(0),
              target.layerStride(),
              target.layers(),
              target.rows() * CudaKeyValues.rowBytes(target.shape()));
        });
  }

  @Override
  public Readback read(Tensor x) {
    return scope.on("read", () -> transfers.read(session.tensor(x), scope));
  }

  @Override
  public void close() {
    session.requireOwner();
    try {
      session.launches().end();
    } finally {
      scope.close();
    }
  }
}
