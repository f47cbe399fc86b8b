package dev.vl4j.cuda.backend;

import static dev.vl4j.cuda.driver.CublasLtConstants.CUBLASLT_ALGO_CONFIG_ID;
import static dev.vl4j.cuda.driver.CublasLtConstants.CUBLAS_STATUS_NOT_SUPPORTED;

import dev.vl4j.cuda.backend.ProductDescriptors.Layout;
import dev.vl4j.cuda.backend.ProductKind.ElementType;
import dev.vl4j.cuda.backend.ProductKind.Finish;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.driver.CublasLt.Algorithm;
import dev.vl4j.cuda.driver.CublasLtHeuristics;
import dev.vl4j.cuda.driver.CudaException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of cuBLASLt's algorithms a product gets.
 *
 * <p>A row of y should not depend on how many rows there are, so sums may not be split, and
 * algorithms are filtered: those of {@link #INVARIANT} give the same bits, whatever their tiles and
 * the number of rows, so the best for each number of rows is taken. Where there are none, a weight
 * has one algorithm for all numbers of rows. That is what was observed, not what is documented;
 * {@link RowCheck} looks whether it is so.
 */
final class ProductAlgorithms {
  /** The id of the algorithms that give a row the same bits for any number of rows. */
  private static final int INVARIANT = 66;

  private static final int PROPOSALS = 16;
  private static final int FEWEST_ROWS = 16;
  private static final int MOST_ROWS = 16384;

  /** Rows for which an algorithm that serves all numbers of rows is chosen. */
  private static final int TYPICAL_ROWS = 512;

  /** For which products one algorithm is used. */
  private record Choice(
      ProductKind kind, int rows, int outFeatures, int inFeatures, int xStride, int yStride) {
    Choice withRows(int others) {
      return new Choice(kind, others, outFeatures, inFeatures, xStride, yStride);
    }

    /** The product of the same operands, whatever becomes of its sums and however all lie. */
    Choice plain() {
      return new Choice(
          new ProductKind(kind.operand(), ElementType.F32, Finish.NONE, kind.scaled()),
          TYPICAL_ROWS,
          outFeatures,
          inFeatures,
          inFeatures,
          outFeatures);
    }
  }

  private final CublasLtHeuristics heuristics;
  private final long handle;
  private final ProductDescriptors descriptors;
  private final long workspaceBytes;
  private final Map<Choice, Algorithm> algorithms = new HashMap<>();

  /**
   * @param handle of the library
   * @param workspaceBytes device memory that an algorithm may need besides
   */
  ProductAlgorithms(
      CublasLt library, long handle, ProductDescriptors descriptors, long workspaceBytes) {
    heuristics = library.heuristics();
    this.handle = handle;
    this.descriptors = descriptors;
    this.workspaceBytes = workspaceBytes;
  }

  /**
   * The algorithm for a product.
   *
   * @param rows of x, at least 1
   * @param xStride elements from one row of x to the next; as yStride
   * @throws CudaException if cuBLASLt has none that does not split sums
   */
  Algorithm of(
      ProductKind kind, int rows, int outFeatures, int inFeatures, int xStride, int yStride) {
    int served = Math.clamp(Integer.highestOneBit(2 * rows - 1), FEWEST_ROWS, MOST_ROWS);
    Choice choice = new Choice(kind, served, outFeatures, inFeatures, xStride, yStride);
    Algorithm chosen = algorithms.get(choice);
    if (chosen == null) {
      chosen = choose(choice);
      algorithms.put(choice, chosen);
    }
    return chosen;
  }

  private Algorithm choose(Choice choice) {
    if (choice.kind.operand() == ElementType.INT8) {
      return any(choice);
    }
    if (choice.kind.operand() == ElementType.F32) {
      return fixed(choice);
    }
    Algorithm invariant = invariant(choice);
    if (invariant == null) {
      // For few rows and deep sums, others may be proposed alone.
      invariant = invariant(choice.withRows(MOST_ROWS));
    }
    return invariant == null ? fixed(choice) : invariant;
  }

  private @Nullable Algorithm invariant(Choice choice) {
    for (Algorithm proposed : proposals(choice)) {
      if (heuristics.attribute(proposed, CUBLASLT_ALGO_CONFIG_ID) == INVARIANT) {
        return proposed;
      }
    }
    return null;
  }

  /** Sums of integers are exact, whoever adds them up. */
  private Algorithm any(Choice choice) {
    List<Algorithm> proposals = proposals(choice);
    if (proposals.isEmpty()) {
      throw missing(choice);
    }
    return proposals.getFirst();
  }

  /** The one algorithm for a weight, however its operands lie and whatever becomes of the sums. */
  private Algorithm fixed(Choice choice) {
    Choice plain = choice.plain();
    Algorithm known = algorithms.get(plain);
    if (known != null && computes(known, choice)) {
      return known;
    }
    for (Algorithm proposed : proposals(plain)) {
      if (computes(proposed, choice.withRows(1)) && computes(proposed, choice)) {
        algorithms.putIfAbsent(plain, proposed);
        return proposed;
      }
    }
    throw missing(choice);
  }

  private static CudaException missing(Choice choice) {
    return new CudaException(
        "cuBLASLt has no algorithm for %s [%d rows, %d] x [%d, %d]' -> %s, %s, without split sums"
            .formatted(
                choice.kind.operand(),
                choice.rows,
                choice.inFeatures,
                choice.outFeatures,
                choice.inFeatures,
                choice.kind.result(),
                choice.kind.finish()),
        CUBLAS_STATUS_NOT_SUPPORTED);
  }

  private List<Algorithm> proposals(Choice choice) {
    long y = yLayout(choice);
    return heuristics.algorithms(
        handle,
        descriptors.description(choice.kind),
        weightLayout(choice),
        xLayout(choice),
        y,
        y,
        workspaceBytes,
        /* reductionSchemes= */ 0,
        PROPOSALS);
  }

  private boolean computes(Algorithm algorithm, Choice choice) {
    long y = yLayout(choice);
    long needed =
        heuristics.workspaceBytes(
            handle,
            descriptors.description(choice.kind),
            weightLayout(choice),
            xLayout(choice),
            y,
            y,
            algorithm);
    return needed >= 0 && needed <= workspaceBytes;
  }

  private long weightLayout(Choice choice) {
    return descriptors.layout(
        new Layout(
            choice.kind.operand(), choice.inFeatures, choice.outFeatures, choice.inFeatures));
  }

  private long xLayout(Choice choice) {
    return descriptors.layout(
        new Layout(choice.kind.operand(), choice.inFeatures, choice.rows, choice.xStride));
  }

  private long yLayout(Choice choice) {
    return descriptors.layout(
        new Layout(choice.kind.result(), choice.outFeatures, choice.rows, choice.yStride));
  }
}
