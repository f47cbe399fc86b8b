package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.OperatorRunner;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.backend.OpenedParts;
import dev.vl4j.device.backend.Readbacks;
import dev.vl4j.device.library.Symbols;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Support;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An NPU with everything that models have on it. */
public final class AscendBackend implements Backend {
  /**
   * CANN chooses how it cuts a product by its shape, so sums may come in another order, and their
   * rounding to bfloat16 may fall the other way: two steps of it, for what two operators do.
   */
  public static final Reproducibility REPRODUCIBILITY = Reproducibility.tolerant(0x1p-7);

  /** Enough for products to be bound by arithmetic: 20 to 25 cores with tiles of 128 rows. */
  private static final int PREFERRED_ROWS = 4096;

  private final OpenedParts opened = new OpenedParts();
  private final Session session;
  private final Weights weights;
  private final Attentions attentions;
  private final Readbacks readbacks;
  private final Transfers transfers;
  private final String description;
  private boolean closed;

  private AscendBackend(Symbols libraries, BackendSettings settings) {
    try {
      Npu npu = opened.add(Npu.open(new Cann(libraries), settings.device()));
      DevicePool pool = opened.add(new DevicePool(npu, settings.memory()));
      Staging staging = opened.add(new Staging(npu));
      OperatorRunner runner = opened.add(new OperatorRunner(npu, pool));
      session = new Session(npu, pool, staging, new Operators(runner));
      attentions = opened.add(new Attentions(session));
      weights = new Weights(session);
      readbacks = new Readbacks(npu, staging);
      transfers = new Transfers(session, readbacks);
      String version = npu.cann().version();
      description =
          "%s%s, results %s"
              .formatted(npu, version.isEmpty() ? "" : ", AscendCL " + version, REPRODUCIBILITY);
    } catch (RuntimeException e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  /**
   * Opens a device on the calling thread, which it belongs to from then on.
   *
   * @param libraries of CANN
   * @throws BackendException if that fails, with the call that did
   */
  public static AscendBackend open(Symbols libraries, BackendSettings settings) {
    return new AscendBackend(libraries, settings);
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public Reproducibility reproducibility() {
    return REPRODUCIBILITY;
  }

  @Override
  public DeviceMemory memory() {
    return session.pool().memory();
  }

  @Override
  public int preferredRows() {
    return PREFERRED_ROWS;
  }

  @Override
  public Support supports(OperandFormat operands) {
    return support(operands);
  }

  /** The same on every device. */
  public static Support support(OperandFormat operands) {
    return switch (operands) {
      case F32, BF16 -> Support.KERNELS;
      case INT8, FP8 -> Support.NONE;
    };
  }

  @Override
  public Support supports(OperandFormat operands, int headSize) {
    return Session.support(operands, headSize);
  }

  private void requireFormat(String operation, OperandFormat operands) {
    if (supports(operands) == Support.NONE) {
      throw new BackendException(
          "%s: products in %s are not supported on Ascend NPUs; F32 and BF16 are"
              .formatted(operation, operands));
    }
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    Operands.prepare(parts);
    requireFormat("prepare", operands);
    session.enter();
    return weights.prepare(parts, false, operands);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    Operands.prepareGated(gate, up);
    requireFormat("prepareGated", operands);
    session.enter();
    return weights.prepare(List.of(gate, up), true, operands);
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    session.enter();
    return weights.table(matrix);
  }

  @Override
  public OwnedTensor tensor(int rows, int columns) {
    Operands.tensor(rows, columns);
    session.enter();
    DeviceBlock block = session.pool().allocate(AscendTensor.bytes(rows, columns));
    return new AscendTensor(new TensorMemory(session, block), rows, columns);
  }

  @Override
  public OwnedTensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    session.enter();
    DeviceBlock block = session.pool().allocate(AscendTensor.bytes(rows, columns));
    try {
      transfers.upload(values, block.address());
      DeviceBlock rounded = rows == 1 ? rounded(values, block) : null;
      return new AscendTensor(new TensorMemory(session, block, rounded), rows, columns);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** The values in bfloat16, as products read biases, if that changes none. */
  private @Nullable DeviceBlock rounded(float[] values, DeviceBlock block) {
    if (values.length == 0) {
      return null;
    }
    for (float value : values) {
      if (Float.floatToRawIntBits(Formats.roundToBf16(value)) != Float.floatToRawIntBits(value)) {
        return null;
      }
    }
    DeviceBlock rounded = session.temporary(ElementType.BF16, values.length);
    try {
      session
          .operators()
          .copy(
              View.dense(block.address(), ElementType.F32, values.length),
              View.dense(rounded.address(), ElementType.BF16, values.length));
      return rounded;
    } catch (RuntimeException e) {
      rounded.close();
      throw e;
    }
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int layers, int rows) {
    Operands.keyValues(shape, layers, rows);
    session.require("keyValues", shape);
    session.enter();
    long bytes = AscendKeyValues.bytes(shape, layers, rows);
    DeviceBlock block = session.pool().allocate(bytes);
    if (bytes > 0 && HeadPadding.of(shape).isPadded()) {
      session.npu().zero(block.address(), bytes);
    }
    return new AscendKeyValues(session, block, shape, layers, rows);
  }

  @Override
  public Forward begin() {
    session.enter();
    readbacks.collect();
    session.pool().refresh();
    return new AscendForward(session, attentions, transfers);
  }

  @Override
  public void close() {
    session.requireOwner();
    if (closed) {
      return;
    }
    closed = true;
    try {
      session.enter();
      session.npu().synchronize();
      readbacks.collect();
    } catch (DeviceLostException e) {
      // What was under way is lost with it, and whoever waits for that is told so.
    } finally {
      readbacks.giveUp();
      opened.close();
    }
  }
}
