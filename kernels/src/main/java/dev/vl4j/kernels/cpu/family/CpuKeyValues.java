package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.memory.HostBlock;
import java.lang.foreign.MemorySegment;

/** Keys and values in host memory, [layers][keys, values], each as {@link HeadRows}. */
public final class CpuKeyValues implements KeyValues {
  private final AttentionShape shape;
  private final HeadFormat format;
  private final int layers;
  private final int rows;
  private final HostBlock block;

  /**
   * @param block memory of {@link #bytes(AttentionShape, HeadFormat, int, int)}
   */
  public CpuKeyValues(
      AttentionShape shape, HeadFormat format, int layers, int rows, HostBlock block) {
    this.shape = shape;
    this.format = format;
    this.layers = layers;
    this.rows = rows;
    this.block = block;
  }

  /** Bytes that they need. */
  public static long bytes(AttentionShape shape, HeadFormat format, int layers, int rows) {
    return Math.multiplyExact(2L * layers, format.bytes(shape.keyValueHeads(), rows));
  }

  /** What a handle stands for, which must be of this backend and open. */
  public static CpuKeyValues of(KeyValues keyValues) {
    if (!(keyValues instanceof CpuKeyValues own)) {
      throw new BackendException(
          "expected keys and values of this backend, found "
              + keyValues.getClass().getSimpleName());
    }
    if (!own.block.isOpen()) {
      throw new BackendException("keys and values of %d rows are closed".formatted(own.rows));
    }
    return own;
  }

  public HeadRows keys(int layer) {
    return part(2 * index(layer));
  }

  public HeadRows values(int layer) {
    return part(2 * index(layer) + 1);
  }

  private HeadRows part(int number) {
    long start = number * format.bytes(shape.keyValueHeads(), rows);
    return new HeadRows(block.segment(), start, rows, format);
  }

  /** Takes as many rows as there are here from others of as many layers. */
  public void copyFrom(CpuKeyValues from, int start) {
    for (int number = 0; number < 2 * layers; number++) {
      HeadRows source = from.part(number);
      HeadRows target = part(number);
      for (int head = 0; head < shape.keyValueHeads(); head++) {
        MemorySegment.copy(
            source.data(),
            source.at(head, start),
            target.data(),
            target.at(head, 0),
            format.bytes(1, rows));
      }
    }
  }

  @Override
  public AttentionShape shape() {
    return shape;
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public long bytes() {
    return block.bytes();
  }

  @Override
  public void close() {
    block.close();
  }
}
