package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.AttentionKernels;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.KeyValues;

/**
 * Keys and values on the device, [layers][rows][keys and values]: a row has the keys of all its
 * heads, and then their values.
 */
final class CudaKeyValues implements KeyValues, Resident {
  private final Session session;
  private final DeviceBlock block;
  private final AttentionShape shape;
  private final int layers;
  private final int rows;

  /**
   * @param block memory of {@link #bytes(AttentionShape, int, int)}
   */
  CudaKeyValues(Session session, DeviceBlock block, AttentionShape shape, int layers, int rows) {
    this.session = session;
    this.block = block;
    this.shape = shape;
    this.layers = layers;
    this.rows = rows;
  }

  /** Bytes that they need. */
  static long bytes(AttentionShape shape, int layers, int rows) {
    return Math.multiplyExact((long) layers * rows, rowBytes(shape));
  }

  /** Bytes of a row of one layer. */
  static long rowBytes(AttentionShape shape) {
    return 2L * shape.keyValueHeads() * shape.headSize() * AttentionKernels.format(shape).bytes();
  }

  /** Where a row of layer 0 would be, which need not be a row that there is. */
  long address(long row) {
    return block.address() + row * rowBytes(shape);
  }

  /** Bytes from a row to the same of the next layer; 0 where there is only one. */
  long layerStride() {
    return layers == 1 ? 0 : rows * rowBytes(shape);
  }

  @Override
  public Session session() {
    return session;
  }

  @Override
  public DeviceBlock block() {
    return block;
  }

  @Override
  public String describe() {
    return "keys and values of %d rows".formatted(rows);
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
    session.requireOwner();
    block.close();
  }
}
