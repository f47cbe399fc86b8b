package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.KernelCache;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.cuda.library.Libraries;
import dev.vl4j.device.backend.Readbacks;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.DType;
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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A GPU with everything that models have on it. */
public final class CudaBackend implements Backend {
  /** Rows of a forward for each multiprocessor: enough for a few rounds of tiles of products. */
  private static final int ROWS_PER_MULTIPROCESSOR = 32;

  private static final int ROW_STEP = 128;
  private static final int FEWEST_ROWS = 512;
  private static final int MOST_ROWS = 8192;

  /** A step of bfloat16: what becomes of sums in another order, once they are rounded. */
  private static final Reproducibility DEPENDENT = Reproducibility.tolerant(0x1p-8);

  /** The same of E4M3. */
  private static final Reproducibility DEPENDENT_IN_E4M3 = Reproducibility.tolerant(0x1p-3);

  private final OpenDevice device;
  private final Session session;
  private final Weights weights;
  private final LinearLayers layers;
  private final Readbacks readbacks;
  private final Transfers transfers;
  private final EightBits eightBits;
  private final List<OperandFormat> dependent = new ArrayList<>();
  private volatile String description;
  private boolean closed;

  private CudaBackend(OpenDevice device) {
    this.device = device;
    session = device.session();
    weights = new Weights(session);
    layers = new LinearLayers(session);
    readbacks = new Readbacks(session.gpu(), session.staging());
    transfers = new Transfers(session, readbacks);
    eightBits = new EightBits(this, session, layers);
    description = device.describe(dependent);
    try {
      checkRows(List.of(OperandFormat.F32, OperandFormat.BF16));
    } catch (RuntimeException e) {
      closeAfter(e);
      throw e;
    }
  }

  /**
   * Opens a device on the calling thread, which it belongs to from then on.
   *
   * @param libraries of this device alone
   * @throws BackendException if that fails, with the call that did
   */
  public static CudaBackend open(Libraries libraries, BackendSettings settings) {
    return open(libraries, settings, KernelCache.ofUser());
  }

  static CudaBackend open(Libraries libraries, BackendSettings settings, KernelCache cache) {
    return new CudaBackend(OpenDevice.open(libraries, settings, cache));
  }

  /** Looks at formats, and says so if rows depend on their batch in some. */
  void checkRows(List<OperandFormat> formats) {
    dependent.addAll(RowCheck.dependent(this, formats));
    description = device.describe(dependent);
  }

  private void closeAfter(RuntimeException failure) {
    try {
      close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public String description() {
    return description;
  }

  /**
   * Bitwise, unless a look at this version of cuBLASLt has shown that it is not. Products in {@link
   * OperandFormat#FP8} are looked at when somebody first asks for them.
   */
  @Override
  public Reproducibility reproducibility() {
    if (dependent.isEmpty()) {
      return Reproducibility.BITWISE;
    }
    return dependent.contains(OperandFormat.FP8) ? DEPENDENT_IN_E4M3 : DEPENDENT;
  }

  @Override
  public DeviceMemory memory() {
    return session.pool().memory();
  }

  @Override
  public int preferredRows() {
    long rows = (long) session.gpu().multiprocessors() * ROWS_PER_MULTIPROCESSOR;
    return Math.clamp(rows / ROW_STEP * ROW_STEP, FEWEST_ROWS, MOST_ROWS);
  }

  @Override
  public Support supports(OperandFormat operands) {
    return switch (operands) {
      case F32, BF16 -> Support.KERNELS;
      case INT8, FP8 -> eightBits.has(operands) ? Support.KERNELS : Support.NONE;
    };
  }

  @Override
  public Support supports(OperandFormat operands, int headSize) {
    return session.support(operands, headSize);
  }

  private void requireFormat(String operation, OperandFormat operands) {
    if (supports(operands) == Support.NONE) {
      throw new BackendException(
          "%s: products in %s are not supported on %s; F32 and BF16 are%s"
              .formatted(
                  operation,
                  operands,
                  description,
                  operands == OperandFormat.FP8
                      ? ", and FP8 is from compute capability 8.9 on, with a cuBLASLt that has it"
                      : ", and INT8 is with a cuBLASLt that has it for this card"));
    }
  }

  private Linear prepare(
      String operation, List<HostMatrix> parts, boolean gated, OperandFormat operands) {
    requireFormat(operation, operands);
    session.enter();
    return weights.prepare(parts, gated, operands);
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    Operands.prepare(parts);
    return prepare("prepare", parts, false, operands);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    Operands.prepareGated(gate, up);
    return prepare("prepareGated", List.of(gate, up), true, operands);
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
    DeviceBlock block = session.pool().allocate(CudaTensor.bytes(rows, columns));
    return new CudaTensor(new TensorMemory(session, block), rows, columns);
  }

  @Override
  public OwnedTensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    session.enter();
    DeviceBlock block = session.pool().allocate(CudaTensor.bytes(rows, columns));
    try {
      transfers.upload(values, block.address());
      DeviceBlock rounded = rows == 1 ? rounded(values, block) : null;
      return new CudaTensor(new TensorMemory(session, block, rounded), rows, columns);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** The values in bfloat16, as products read biases, if that changes none. */
  private @Nullable DeviceBlock rounded(float[] values, DeviceBlock block) {
    for (float value : values) {
      if (Float.floatToRawIntBits(Formats.roundToBf16(value)) != Float.floatToRawIntBits(value)) {
        return null;
      }
    }
    DeviceBlock rounded = session.pool().allocate((long) values.length * Short.BYTES);
    try {
      session
          .kernels()
          .convert(
              Matrix.dense(block.address(), DType.F32, 1, values.length),
              0,
              Matrix.dense(rounded.address(), DType.BF16, 1, values.length));
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
    DeviceBlock block = session.pool().allocate(CudaKeyValues.bytes(shape, layers, rows));
    return new CudaKeyValues(session, block, shape, layers, rows);
  }

  @Override
  public Forward begin() {
    session.enter();
    readbacks.collect();
    session.products().trim();
    session.pool().refresh();
    return new CudaForward(session, layers, transfers);
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
      session.gpu().synchronize();
      readbacks.collect();
    } catch (DeviceLostException e) {
      // What was under way is lost with it, and whoever waits for that is told so.
    } finally {
      readbacks.giveUp();
      device.close();
    }
  }
}
