package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.PackedRows;
import dev.vl4j.kernels.cpu.family.PanelLinear;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Float32 kernels, which other formats go through: on the Vector API, or where there is machine
 * code that gives the same bits, by that.
 */
public final class VectorKernels implements KernelFamily {
  /** Elements of the largest head that attention can deal with. */
  public static final int LARGEST_HEAD = TileKernel.MAX_DEPTH;

  private final WorkerPool pool;
  private final HostMemory memory;
  private final @Nullable FloatCode code;
  private final TiledProduct.Workspace[] products;
  private final @Nullable AttentionBlock[] attentions;
  private final TilePacker[] packers;
  private final Int8Rows quantised = new Int8Rows();
  private float[] tiles = new float[0];

  /**
   * @param code of the processor
   */
  public VectorKernels(WorkerPool pool, HostMemory memory, MachineCode code) {
    this.pool = pool;
    this.memory = memory;
    // Of another width, it would not give the bits of what it does not compute.
    int bits = Lanes.FLOAT.vectorBitSize();
    this.code = code.hasFloats(bits) ? code.floats(bits) : null;
    products = new TiledProduct.Workspace[pool.size()];
    attentions = new @Nullable AttentionBlock[pool.size()];
    packers = new TilePacker[pool.size()];
    Arrays.setAll(products, i -> new TiledProduct.Workspace());
    Arrays.setAll(packers, i -> new TilePacker());
  }

  WorkerPool pool() {
    return pool;
  }

  HostMemory memory() {
    return memory;
  }

  /** Machine code for what can be left to it; null for none. */
  @Nullable FloatCode code() {
    return code;
  }

  TiledProduct.Workspace[] products() {
    return products;
  }

  /** A worker's block, made when it first attends: other kernels may do so for all. */
  AttentionBlock attention(int worker) {
    AttentionBlock block = attentions[worker];
    if (block == null) {
      block = AttentionBlock.of(code);
      attentions[worker] = block;
    }
    return block;
  }

  TilePacker packer(int worker) {
    return packers[worker];
  }

  /** Scratch for 8-bit rows. */
  Int8Rows quantised() {
    return quantised;
  }

  /** Scratch for rows as tiles, kept from call to call. */
  float[] tiles(int rows, int columns, ForwardMemory forward) {
    int size = TiledProduct.packedSize(rows, columns);
    long bytes = (long) size * Float.BYTES;
    forward.countHeap(bytes);
    if (tiles.length < size) {
      try {
        tiles = new float[size];
      } catch (OutOfMemoryError e) {
        throw memory.refused(bytes);
      }
    }
    return tiles;
  }

  /** Adds rows to as many others. */
  public void add(HostTensor x, HostTensor out) {
    if (code != null && x.columns() % Lanes.COUNT == 0 && x.rows() > 0) {
      code.add(
          x.address(0, 0), x.rowBytes(), out.address(0, 0), out.rowBytes(), x.rows(), x.columns());
      return;
    }
    for (int row = 0; row < x.rows(); row++) {
      RowKernels.add(x, row, out, row);
    }
  }

  /** Whether products of this format are these kernels' own, not those of another format. */
  public static boolean isMadeFor(OperandFormat operands) {
    return operands == OperandFormat.F32;
  }

  @Override
  public int panel() {
    return Lanes.PANEL;
  }

  @Override
  public String layout(OperandFormat operands) {
    return "vector-api: "
        + (operands == OperandFormat.INT8 ? TiledInt8Linear.layout() : FloatLinear.layout());
  }

  @Override
  public PanelLinear pack(PackedRows rows, OperandFormat operands, PreparedStore store) {
    return operands == OperandFormat.INT8
        ? TiledInt8Linear.pack(this, rows, store)
        : FloatLinear.pack(this, rows, operands, store);
  }

  @Override
  public HeadFormat headFormat(AttentionShape shape) {
    DType dtype = shape.operands() == OperandFormat.BF16 ? DType.BF16 : DType.F32;
    return new HeadFormat(dtype, shape.headSize(), shape.headSize());
  }

  @Override
  public void write(HostTensor heads, HeadRows to, int row) {
    boolean rounds = to.format().dtype() == DType.BF16;
    float[] elements = new float[rounds ? heads.columns() : 0];
    short[] rounded = new short[elements.length];
    for (int i = 0; i < heads.rows(); i++) {
      if (rounds) {
        heads.copyRowTo(i, elements, 0);
        for (int column = 0; column < elements.length; column++) {
          int bits = Float.floatToRawIntBits(Formats.roundToBf16(elements[column]));
          rounded[column] = (short) (bits >>> Short.SIZE);
        }
      }
      write(heads, rounded, i, to, row + i);
    }
  }

  /**
   * Writes a row's heads.
   *
   * @param rounded the row, where it is rounded
   */
  private static void write(HostTensor heads, short[] rounded, int from, HeadRows to, int row) {
    int size = to.format().size();
    for (int column = 0; column < heads.columns(); column += size) {
      long at = to.at(column / size, row);
      if (to.format().dtype() == DType.F32) {
        long bytes = (long) size * Float.BYTES;
        MemorySegment.copy(heads.data(), heads.at(from, column), to.data(), at, bytes);
      } else {
        MemorySegment.copy(rounded, column, to.data(), ValueLayout.JAVA_SHORT_UNALIGNED, at, size);
      }
    }
  }

  @Override
  public CpuAttention attention(AttentionShape shape, List<Segment> segments) {
    return new TiledAttention(this, shape, segments);
  }
}
