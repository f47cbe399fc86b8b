package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.RowTable;
import org.jspecify.annotations.Nullable;

/**
 * A matrix for row look-ups, on the device in the format that it has in its file.
 *
 * @param stepBlock of integers, for each row what a 1 stands for; else null
 */
record CudaTable(
    Session session, String name, DeviceBlock block, Matrix matrix, @Nullable DeviceBlock stepBlock)
    implements RowTable, Resident {
  /** The address of its scales, or 0. */
  long scales() {
    return stepBlock == null ? 0 : stepBlock.address();
  }

  @Override
  public String describe() {
    return "table " + name;
  }

  @Override
  public int rows() {
    return matrix.rows();
  }

  @Override
  public int columns() {
    return matrix.columns();
  }

  @Override
  public long bytes() {
    return block.bytes() + (stepBlock == null ? 0 : stepBlock.bytes());
  }

  @Override
  public void close() {
    session.requireOwner();
    block.close();
    if (stepBlock != null) {
      stepBlock.close();
    }
  }
}
