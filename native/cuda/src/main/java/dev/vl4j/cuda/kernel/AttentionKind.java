package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.OperandFormat;
import java.util.Set;

/**
 * Which attention kernel. A row's result is a function of its own inputs and of this choice, which
 * is therefore made once for a device and a shape.
 */
public enum AttentionKind {
  /** mma.sync: compute capability 8.0 and later. */
  TENSOR_CORE,
  /** wgmma: compute capability 9.0. */
  HOPPER,
  /** Float32 arithmetic, for any head size and both formats. */
  PLAIN;

  /** Shared memory that every block can have without asking. */
  private static final int ORDINARY_SHARED_BYTES = 48 * 1024;

  private static final Set<Integer> TENSOR_CORE_HEADS = Set.of(64, 72, 128);

  /** The columns that {@link #PLAIN} takes into shared memory at a time, and its keys. */
  private static final int PLAIN_COLUMNS = 64;

  private static final int PLAIN_KEYS = 32;
  private static final int PLAIN_ROWS = 32;

  /** Keys up to which a block of {@link #HOPPER} takes one item after another. */
  private static final int SHORT_KEYS = 512;

  /**
   * The fastest kernel for a shape.
   *
   * @throws IllegalArgumentException for heads larger than {@link #largestHead}
   */
  public static AttentionKind of(Target target, AttentionShape shape) {
    // A masked score of minus infinity must stay one when it is scaled.
    if (shape.operands() == OperandFormat.BF16
        && TENSOR_CORE_HEADS.contains(shape.headSize())
        && shape.scale() > 0) {
      return target.hopper() ? HOPPER : TENSOR_CORE;
    }
    if (shape.headSize() > largestHead()) {
      throw new IllegalArgumentException(
          "heads of %d elements, at most %d".formatted(shape.headSize(), largestHead()));
    }
    return PLAIN;
  }

  /** The largest head that there is a kernel for. */
  public static int largestHead() {
    return (ORDINARY_SHARED_BYTES - plainFixedBytes()) / (2 * Float.BYTES) / 4 * 4;
  }

  /** Query rows of a tile at most. */
  public int tileRows(int headSize) {
    return switch (this) {
      case TENSOR_CORE -> 128;
      case HOPPER -> 64 * groups(headSize);
      case PLAIN -> {
        int rows = PLAIN_ROWS;
        while (rows > 1 && plainBytes(rows, headSize) > ORDINARY_SHARED_BYTES) {
          rows /= 2;
        }
        yield rows;
      }
    };
  }

  /** Warpgroups of {@link #HOPPER} that multiply: as many as the registers allow. */
  private static int groups(int headSize) {
    return headSize == 64 ? 3 : 2;
  }

  int threads(int headSize) {
    return switch (this) {
      case TENSOR_CORE -> 128;
      case HOPPER -> 128 * (groups(headSize) + 1);
      case PLAIN -> 256;
    };
  }

  /**
   * Blocks of a grid.
   *
   * <p>An item of few keys is done in the time in which a block of {@link #HOPPER}, which has a
   * multiprocessor for itself, begins and gets its first keys. So there are no more blocks than
   * multiprocessors then, and each loads the next item's keys while it computes. Of long items each
   * has a block of its own: the device gives it to whichever multiprocessor is free, which evens
   * out what they differ in.
   *
   * @param items query tiles times heads
   * @param longest the most keys of a tile
   * @param multiprocessors of the device
   */
  int blocks(int items, int longest, int multiprocessors) {
    return this == HOPPER && longest <= SHORT_KEYS ? Math.min(items, multiprocessors) : items;
  }

  String kernel(int headSize) {
    return switch (this) {
      case TENSOR_CORE -> "attention" + headSize;
      case HOPPER -> "hopperAttention" + headSize;
      case PLAIN -> "attentionPlain";
    };
  }

  /** Dynamic shared memory of a block. */
  int sharedBytes(int headSize, int tileKeys) {
    return switch (this) {
      case TENSOR_CORE -> {
        int padded = (headSize + 15) / 16 * 16;
        yield (tileRows(headSize) + 4 * tileKeys) * (padded + 8) * Short.BYTES;
      }
      case HOPPER -> {
        int panels = (headSize + 63) / 64;
        int stages = 3;
        yield 1024 + panels * 128 * (tileRows(headSize) + 2 * stages * 128) + 128;
      }
      case PLAIN -> plainBytes(tileRows(headSize), headSize);
    };
  }

  /** Queries and sums of a tile's rows, and what does not depend on their number. */
  private static int plainBytes(int rows, int headSize) {
    return 2 * rows * ((headSize + 3) / 4 * 4) * Float.BYTES + plainFixedBytes();
  }

  /** Columns of keys or values, and the weights of a tile. */
  private static int plainFixedBytes() {
    return (PLAIN_KEYS * (PLAIN_COLUMNS + 4) + PLAIN_ROWS * PLAIN_KEYS) * Float.BYTES;
  }
}
