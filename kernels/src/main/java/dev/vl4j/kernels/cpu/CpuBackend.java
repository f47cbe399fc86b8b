package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.memory.SystemMemory;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.PackCode;
import dev.vl4j.kernels.x86.Tier;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The processor, through the Vector API, on all its cores. */
public final class CpuBackend implements Backend {
  /** Unused activation memory that is kept for the next forward pass. */
  private static final long KEEP_BYTES = 128L << 20;

  /** What the depth of 8-bit weights is padded to where no kernels are emitted: whole words. */
  private static final int PLAIN_STEP_BYTES = Integer.BYTES;

  /** Rows of a task of a row-wise operation: enough that claiming it costs nothing. */
  private static final int ROW_BLOCK = 16;

  /** A row table is the host's matrix itself: rows are widened as they are read. */
  private record MappedTable(HostMatrix matrix) implements RowTable {
    @Override
    public int rows() {
      return matrix.rows();
    }

    @Override
    public int columns() {
      return matrix.columns();
    }
  }

  private final WorkerPool pool;
  private final HostMemory memory;
  private final TiledProduct.Workspace[] tiledProducts;
  private final EmittedProduct.Workspace[] emittedProducts;
  private final Attention.Workspace[] attentions;
  private final Bf16Attention.Workspace[] bf16Attentions;
  private final MachineCode code;
  private final Norms norms;
  private final Int8Rows quantised = new Int8Rows();
  private final HostMemory scratch;
  private float[] packed = new float[0];
  private @Nullable HostTensor rounded;
  private PreparedStore store = PreparedStore.NONE;

  /**
   * @param threads compute threads, the caller's included
   */
  public CpuBackend(int threads) {
    this(threads, MachineCode.get());
  }

  CpuBackend(int threads, MachineCode code) {
    this.code = code;
    if (threads < 1) {
      throw new BackendException("cpu: threads: expected at least 1, found " + threads);
    }
    // Where kernels are called, so is the system.
    SystemMemory system = code.tier() == Tier.VECTOR_API ? null : new SystemMemory();
    memory = new HostMemory(KEEP_BYTES, system);
    scratch = new HostMemory(0, system);
    pool = new WorkerPool(threads);
    norms = Norms.of(code.tier(), threads);
    tiledProducts = new TiledProduct.Workspace[threads];
    emittedProducts = new EmittedProduct.Workspace[threads];
    attentions = new Attention.Workspace[threads];
    bf16Attentions = new Bf16Attention.Workspace[threads];
    Arrays.setAll(bf16Attentions, i -> new Bf16Attention.Workspace());
    Arrays.setAll(tiledProducts, i -> new TiledProduct.Workspace());
    Arrays.setAll(emittedProducts, i -> new EmittedProduct.Workspace());
    Arrays.setAll(attentions, i -> new Attention.Workspace());
  }

  @Override
  public String description() {
    return "cpu (%s, %d threads)".formatted(describe(code), pool.size());
  }

  /** What a backend with these kernels computes with. */
  static String describe(MachineCode code) {
    return "Vector API, %d bit, products %s".formatted(Lanes.FLOAT.vectorBitSize(), code.tier());
  }

  @Override
  public boolean hasKernels(OperandFormat operands) {
    return switch (operands) {
      case F32 -> true;
      case BF16 -> code.hasBf16();
      case INT8 -> code.hasInt8();
    };
  }

  @Override
  public Tensor allocate(int rows, int columns) {
    return memory.tensor(rows, columns);
  }

  @Override
  public Tensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    HostTensor tensor = memory.tensor(rows, columns);
    MemorySegment.copy(values, 0, tensor.data(), ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  @Override
  public float[] download(Tensor tensor) {
    HostTensor host = HostTensor.of(tensor);
    float[] values = new float[host.rows() * host.columns()];
    for (int row = 0; row < host.rows(); row++) {
      host.copyRowTo(row, values, row * host.columns());
    }
    return values;
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    return pack(panel -> PackedRows.stacked(parts, panel), operands);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    return pack(panel -> PackedRows.gated(gate, up, panel), operands);
  }

  /**
   * @param rows gives the rows for panels of so many columns
   */
  private Linear pack(IntFunction<PackedRows> rows, OperandFormat operands) {
    if (operands == OperandFormat.INT8) {
      return code.hasInt8()
          ? Int8Linear.pack(
              rows.apply(MachineCode.PANEL),
              code.int8().products().stepBytes(),
              code.int8().offset(),
              true,
              PackCode.of(code.tier()),
              store,
              pool)
          : Int8Linear.pack(rows.apply(Lanes.PANEL), PLAIN_STEP_BYTES, 0, false, null, store, pool);
    }
    return operands == OperandFormat.BF16 && code.hasBf16()
        ? Bf16Linear.pack(
            rows.apply(MachineCode.PANEL),
            code.bf16().products().stepBytes(),
            PackCode.of(code.tier()),
            store,
            pool)
        : PackedLinear.pack(rows.apply(Lanes.PANEL), operands, store, pool);
  }

  @Override
  public String preparedLayout(OperandFormat operands) {
    // The tier goes beyond what the layouts say: a kernel's wish that they forget is in it.
    if (operands == OperandFormat.INT8) {
      return code.hasInt8()
          ? code.tier()
              + ": "
              + Int8Linear.layout(
                  MachineCode.PANEL, code.int8().products().stepBytes(), code.int8().offset())
          : "vector-api: " + Int8Linear.layout(Lanes.PANEL, PLAIN_STEP_BYTES, 0);
    }
    return operands == OperandFormat.BF16 && code.hasBf16()
        ? code.tier() + ": " + Bf16Linear.layout(code.bf16().products().stepBytes())
        : "vector-api: " + PackedLinear.layout();
  }

  @Override
  public void prepareFrom(PreparedStore store) {
    this.store = store;
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    return new MappedTable(matrix);
  }

  @Override
  public void linear(Tensor x, Linear weight, Epilogue epilogue, Tensor out) {
    Operands.linear(x, weight, epilogue, out);
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    int rows = x.rows();
    switch (weight) {
      case Bf16Linear prepared -> {
        MemorySegment room = scratch(Bf16Product.operandBytes(code, rows, prepared));
        new Bf16Product(code, from, prepared, epilogue, to, room).run(pool, emittedProducts);
      }
      case Int8Linear prepared when code.hasInt8() -> {
        MemorySegment room = scratch(Int8Product.operandBytes(code, rows, prepared));
        new Int8Product(code, from, prepared, epilogue, to, quantised, room)
            .run(pool, emittedProducts);
      }
      case Int8Linear prepared -> {
        MemorySegment room = scratch(Int8TiledProduct.digitBytes(rows, prepared));
        float[] tiles = tiles(rows, x.columns());
        new Int8TiledProduct(from, prepared, epilogue, to, quantised, room, tiles)
            .run(pool, tiledProducts);
      }
      case PackedLinear prepared ->
          new FloatProduct(from, prepared, epilogue, to, tiles(rows, x.columns()))
              .run(pool, tiledProducts);
      default -> throw new BackendException("linear: weight was prepared by another backend");
    }
  }

  /** Room for rows as tiles, kept from call to call. */
  private float[] tiles(int rows, int columns) {
    int size = TiledProduct.packedSize(rows, columns);
    if (packed.length < size) {
      packed = new float[size];
    }
    return packed;
  }

  /** Memory of at least this size, kept from call to call. */
  private MemorySegment scratch(long bytes) {
    HostTensor current = rounded;
    if (current == null || current.data().byteSize() < bytes) {
      if (current != null) {
        current.close();
      }
      current = scratch.tensor(1, Math.toIntExact(Math.ceilDiv(bytes, Float.BYTES)));
      rounded = current;
    }
    return current.data();
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor out) {
    Operands.rmsNorm(x, weight, out);
    HostTensor from = HostTensor.of(x);
    HostTensor factor = HostTensor.of(weight);
    HostTensor to = HostTensor.of(out);
    eachBlock(
        x.rows(),
        (first, last, worker) ->
            norms.rmsNorm(from.rows(first, last), factor, epsilon, to.rows(first, last), worker));
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Tensor out) {
    Operands.layerNorm(x, weight, bias, out);
    HostTensor from = HostTensor.of(x);
    HostTensor factor = HostTensor.of(weight);
    HostTensor shift = HostTensor.of(bias);
    HostTensor to = HostTensor.of(out);
    eachBlock(
        x.rows(),
        (first, last, worker) ->
            norms.layerNorm(
                from.rows(first, last), factor, shift, epsilon, to.rows(first, last), worker));
  }

  @Override
  public void rmsNormHeads(Tensor x, Tensor weight, float epsilon) {
    Operands.rmsNormHeads(x, weight);
    HostTensor host = HostTensor.of(x);
    HostTensor factor = HostTensor.of(weight);
    eachBlock(
        x.rows(),
        (first, last, worker) -> {
          HostTensor rows = host.rows(first, last);
          norms.rmsNorm(rows, factor, epsilon, rows, worker);
        });
  }

  @Override
  public void rotate(Tensor x, Tensor cosine, Tensor sine) {
    Operands.rotate(x, cosine, sine);
    HostTensor host = HostTensor.of(x);
    HostTensor c = HostTensor.of(cosine);
    HostTensor s = HostTensor.of(sine);
    eachBlock(
        x.rows(),
        (first, last, worker) ->
            norms.rotate(host.rows(first, last), c.rows(first, last), s.rows(first, last), worker));
  }

  @Override
  public void attention(
      Tensor query,
      Tensor key,
      Tensor value,
      AttentionShape shape,
      List<Segment> segments,
      Tensor out) {
    Operands.attention(query, key, value, shape, segments, out);
    if (shape.headSize() > TileKernel.MAX_DEPTH) {
      throw new BackendException(
          "attention: head size %d is over %d".formatted(shape.headSize(), TileKernel.MAX_DEPTH));
    }
    HostTensor q = HostTensor.of(query);
    HostTensor k = HostTensor.of(key);
    HostTensor v = HostTensor.of(value);
    if (shape.operands() == OperandFormat.BF16 && code.hasBf16()) {
      Bf16Attention attention =
          new Bf16Attention(code, q, k, v, shape, segments, HostTensor.of(out));
      attention.run(scratch(attention.packedSize()), pool, bf16Attentions);
    } else {
      new Attention(q, k, v, shape, segments, HostTensor.of(out)).run(pool, attentions);
    }
  }

  @Override
  public void gather(RowTable table, int[] rows, Tensor out) {
    Operands.gather(table, rows, out);
    HostMatrix matrix = matrix(table);
    HostTensor to = HostTensor.of(out);
    eachRow(
        rows.length,
        row -> {
          long at = (long) rows[row] * matrix.columns();
          for (int i = 0; i < matrix.columns(); i++) {
            to.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, to.at(row, i), matrix.element(at + i));
          }
        });
  }

  @Override
  public void addInterpolated(RowTable table, int[] rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    HostMatrix matrix = matrix(table);
    HostTensor to = HostTensor.of(out);
    eachRow(
        out.rows(),
        row -> {
          for (int i = 0; i < matrix.columns(); i++) {
            float sum = 0;
            for (int tap = row * taps; tap < (row + 1) * taps; tap++) {
              sum += weights[tap] * matrix.element((long) rows[tap] * matrix.columns() + i);
            }
            float old = to.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, to.at(row, i));
            to.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, to.at(row, i), old + sum);
          }
        });
  }

  @Override
  public void copyRows(Tensor x, int[] sources, Tensor out, int[] destinations) {
    Operands.copyRows(x, sources, out, destinations);
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    long bytes = (long) x.columns() * Float.BYTES;
    for (int i = 0; i < sources.length; i++) {
      MemorySegment.copy(
          from.data(), from.at(sources[i], 0), to.data(), to.at(destinations[i], 0), bytes);
    }
  }

  @Override
  public void addRows(Tensor x, Tensor out, int[] destinations) {
    Operands.addRows(x, out, destinations);
    HostTensor from = HostTensor.of(x);
    HostTensor to = HostTensor.of(out);
    eachRow(destinations.length, row -> RowKernels.add(from, row, to, destinations[row]));
  }

  @Override
  public void close() {
    pool.close();
    memory.close();
    if (rounded != null) {
      rounded.close();
      rounded = null;
    }
    packed = new float[0];
    for (Attention.Workspace workspace : attentions) {
      workspace.close();
    }
  }

  /** What a row-wise operation does to one row. */
  private interface RowBody {
    void run(int row);
  }

  private void eachRow(int rows, RowBody body) {
    eachBlock(
        rows,
        (first, last, worker) -> {
          for (int row = first; row < last; row++) {
            body.run(row);
          }
        });
  }

  /** What a row-wise operation does to some rows. */
  private interface BlockBody {
    void run(int first, int last, int worker);
  }

  private void eachBlock(int rows, BlockBody body) {
    pool.run(
        (rows + ROW_BLOCK - 1) / ROW_BLOCK,
        (task, worker) ->
            body.run(task * ROW_BLOCK, Math.min(rows, (task + 1) * ROW_BLOCK), worker));
  }

  private static HostMatrix matrix(RowTable table) {
    if (table instanceof MappedTable mapped) {
      return mapped.matrix;
    }
    throw new BackendException("row table of another backend");
  }
}
