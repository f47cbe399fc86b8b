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
  private final AttentionTile[] attentions;
  private final Int8Rows quantised = new Int8Rows();
  private float[] tiles = new float[0];

  /**
   * @param code of the processor
   */
  public VectorKernels(WorkerPool pool, HostMemory memory, MachineCode code) {
    this.pool = pool;
    this.memory = memory;
    // Of another width, it would not give the bits of what it does not compute.
    this.code = code.hasFloats() && Lanes.COUNT == FloatCode.LANES ? code.floats() : null;
    products = new TiledProduct.Workspace[pool.size()];
    attentions = new AttentionTile[pool.size()];
    Arrays.setAll(products, i -> new TiledProduct.Workspace());
    Arrays.setAll(attentions, i -> AttentionTile.of(this.code));
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

  AttentionTile attention(int worker) {
    return attentions[worker];
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
    int size = to.format().size();
    for (int column = 0; column < heads.columns(); column += size) {
      for (int i = 0; i < heads.rows(); i++) {
        write(heads, heads.at(i, column), to, to.at(column / size, row + i));
      }
    }
  }

  private static void write(HostTensor x, long from, HeadRows to, long at) {
    int size = to.format().size();
    if (to.format().dtype() == DType.F32) {
      MemorySegment.copy(x.data(), from, to.data(), at, (long) size * Float.BYTES);
      return;
    }
    for (int i = 0; i < size; i++) {
      float value = x.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + (long) i * Float.BYTES);
      to.data()
          .set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at + (long) i * Short.BYTES,
              (short) (Float.floatToRawIntBits(Formats.roundToBf16(value)) >>> Short.SIZE));
    }
  }

  @Override
  public CpuAttention attention(AttentionShape shape, List<Segment> segments) {
    return new TiledAttention(this, shape, segments);
  }
}
