package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CublasLtConstants.CUDA_R_32F;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to compute a product. As far as the bits of results go, they are as the original's were
 * seen to be on an H100: all of id 66 give the same, 13 splits sums by the number of rows.
 */
@SuppressWarnings("restricted") // it is given pointers
record FakeAlgorithm(int id, int tile) {
  /** Splits sums. */
  static final int SPLIT_ID = 13;

  /** Products of bfloat16 and of 8 bits, one sum for each element. */
  static final int WHOLE_ID = 66;

  /** Products of float32; each tile adds up in an order of its own. */
  static final int FLOAT_ID = 20;

  private static final int MARK = 0x7A6;
  private static final int SMALL_ROWS = 64;

  /**
   * What is proposed, best first.
   *
   * @param bf16 ids for products of bfloat16 and of 8 bits, proposed whatever the mask says
   */
  static List<FakeAlgorithm> proposals(FakeProduct product, boolean split, List<Integer> bf16) {
    List<FakeAlgorithm> proposals = new ArrayList<>();
    if (product.operandType() != CUDA_R_32F) {
      for (int id : bf16) {
        for (int tile = id == SPLIT_ID ? 23 : 20; tile < 24; tile++) {
          proposals.add(new FakeAlgorithm(id, id == SPLIT_ID ? 0 : tile));
        }
      }
      return proposals;
    }
    if (split) {
      proposals.add(new FakeAlgorithm(SPLIT_ID, 0));
    }
    int best = product.rows() <= SMALL_ROWS ? 1 : 2;
    proposals.add(new FakeAlgorithm(FLOAT_ID, best));
    proposals.add(new FakeAlgorithm(FLOAT_ID, 3 - best));
    return proposals;
  }

  boolean computes(FakeProduct product) {
    return id == SPLIT_ID || (id != FLOAT_ID) == (product.operandType() != CUDA_R_32F);
  }

  long workspaceBytes(FakeProduct product) {
    return id == SPLIT_ID ? 4096 : tile == 20 ? 1024 : 0;
  }

  /**
   * Parts that each sum consists of, which are summed one by one and then added up; the order of
   * each part is ascending.
   */
  int parts(FakeProduct product) {
    return switch (id) {
      case SPLIT_ID -> 2 + (int) Math.min(product.rows(), SMALL_ROWS) % 5;
      case FLOAT_ID -> tile;
      default -> 1;
    };
  }

  /** Writes a cublasLtMatmulHeuristicResult_t. */
  void write(MemorySegment result, FakeProduct product) {
    var fields = HeaderTable.get().structs().get("cublasLtMatmulHeuristicResult_t").fields();
    long algorithm = fields.get("algo").offset();
    result.set(JAVA_INT, algorithm, MARK);
    result.set(JAVA_INT, algorithm + 4, id);
    result.set(JAVA_INT, algorithm + 8, tile);
    result.set(JAVA_LONG, fields.get("workspaceSize").offset(), workspaceBytes(product));
    result.set(JAVA_INT, fields.get("state").offset(), 0);
    result.set(JAVA_FLOAT, fields.get("wavesCount").offset(), 1);
  }

  /** Reads a cublasLtMatmulAlgo_t. */
  static FakeAlgorithm read(MemorySegment code) {
    MemorySegment algorithm =
        code.reinterpret(HeaderTable.get().structs().get("cublasLtMatmulAlgo_t").bytes());
    if (algorithm.get(JAVA_INT, 0) != MARK) {
      throw new FakeFault("this is no algorithm of cuBLASLt");
    }
    return new FakeAlgorithm(algorithm.get(JAVA_INT, 4), algorithm.get(JAVA_INT, 8));
  }
}
