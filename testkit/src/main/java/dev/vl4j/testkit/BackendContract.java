package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;

/**
 * What every backend does: results within a stated tolerance of the reference, clear refusals, and
 * memory that comes back. A backend's test extends this class and opens the backend.
 *
 * <p>Where a device computes less exactly, {@link #tolerance}, {@link #gatedRounding} and {@link
 * #resultRounding} say by how much.
 */
public abstract class BackendContract
    implements RowContract,
        LinearContract,
        OperandContract,
        HeadContract,
        AttentionContract,
        MemoryContract,
        RefusalContract {
  private @Nullable Twin twin;
  private @Nullable Seeds seeds;

  /** For a backend's test. */
  protected BackendContract() {}

  /** Opens the backend. It is called, and what it opens is used, by the thread of a test. */
  protected abstract Backend open();

  /**
   * How far a result may be off.
   *
   * @param operation under test, as {@link dev.vl4j.kernels.Forward} names it
   * @param usual largest difference for float32 sums in any order
   */
  protected double tolerance(String operation, double usual) {
    return usual;
  }

  /**
   * How far the two sums of a gated layer may be off before they meet, each relative to itself:
   * {@code 0x1p-8} where they are kept in bfloat16 until then, as PyTorch keeps them.
   *
   * @param format of the layer's operands
   */
  @Override
  public double gatedRounding(OperandFormat format) {
    return 0;
  }

  /**
   * By what part of itself the sum of a product or of attention may be off when it is handed on to
   * an epilogue or written: {@code 0x1p-8} where results are rounded to bfloat16, as PyTorch rounds
   * them.
   *
   * @param format of the operands
   */
  @Override
  public double resultRounding(OperandFormat format) {
    return 0;
  }

  /**
   * How far a sum of products may be off, by the largest element of its row for each square root of
   * its depth.
   *
   * @param format of the operands
   */
  @Override
  public double sumRounding(OperandFormat format) {
    return 2e-6;
  }

  @BeforeEach
  final void openBackend(TestInfo test) {
    seeds = new Seeds(test.getDisplayName());
    twin = new Twin(open(), this::tolerance);
  }

  @AfterEach
  final void closeBackend() {
    if (twin != null) {
      twin.tested().close();
      twin = null;
    }
  }

  @Override
  public final Twin twin() {
    return present(twin);
  }

  @Override
  public final Seeds seeds() {
    return present(seeds);
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("there is a backend only while a test runs");
    }
    return value;
  }
}
