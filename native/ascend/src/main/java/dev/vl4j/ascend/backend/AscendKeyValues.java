package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.KeyValues;

/**
 * Keys of all layers on the device, then values: [2][layers][rows][key-value heads][elements of a
 * head with its padding].
 */
final class AscendKeyValues implements KeyValues, Resident {
  private final Session session;
  private final DeviceBlock block;
  private final AttentionShape shape;
  private final int layers;
  private final int rows;

  /**
   * @param block memory of {@link #bytes(AttentionShape, int, int)}, zero where heads are padded
   */
  AscendKeyValues(Session session, DeviceBlock block, AttentionShape shape, int layers, int rows) {
    this.session = session;
    this.block = block;
    this.shape = shape;
    this.layers = layers;
    this.rows = rows;
  }

  /** Bytes that they need. */
  static long bytes(AttentionShape shape, int layers, int rows) {
    return 2 * AttentionMemory.keyBytes(shape, (long) layers * rows);
  }

  private View part(int part) {
    long columns = HeadPadding.of(shape).columns(shape.keyValueHeads());
    long all = (long) layers * rows;
    return View.dense(block.address(), AttentionMemory.type(shape), 2 * all, columns)
        .rows(part * all, (part + 1) * all);
  }

  /** Keys of a layer, [rows, columns] with the padding of heads. */
  View keys(int layer) {
    return layer(part(0), layer);
  }

  /** Values of a layer, as keys. */
  View values(int layer) {
    return layer(part(1), layer);
  }

  private View layer(View all, int layer) {
    long first = (long) index(layer) * rows;
    return all.rows(first, first + rows);
  }

  /** A run of rows in all layers, keys and then values: [2 * layers, rows, columns]. */
  View run(int from, int count) {
    long columns = HeadPadding.of(shape).columns(shape.keyValueHeads());
    return View.dense(block.address(), AttentionMemory.type(shape), 2L * layers * rows, columns)
        .split(0, rows)
        .permuted(1, 0, 2)
        .rows(from, from + count)
        .permuted(1, 0, 2);
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
