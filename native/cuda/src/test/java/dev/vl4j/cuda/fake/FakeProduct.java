package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.vl4j.cuda.fake.FakeCublasLt.Description;
import dev.vl4j.cuda.fake.FakeCublasLt.Layout;
import dev.vl4j.device.fake.FakeFault;
import dev.vl4j.kernels.E4m3;
import java.lang.foreign.MemorySegment;

/**
 * A product {@code d = epilogue(alpha op(a) op(b) + beta c)} of matrices column by column. Here
 * only what row-major {@code y = x w'} needs: a is a weight and transposed, b is not.
 */
final class FakeProduct {
  private static final long ALIGNMENT = 16;

  private final Layout a;
  private final Layout b;
  private final Layout c;
  private final Layout d;
  private final long transposedA;
  private final long transposedB;
  private final int epilogue;
  private final long bias;
  private final long biasType;
  private final int capability;
  private final boolean scaled;
  private final boolean whole;
  private final long aScales;
  private final long bScales;

  /** As the description is now: it may be changed once the product is enqueued. */
  FakeProduct(Description how, int capability, Layout a, Layout b, Layout c, Layout d) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    transposedA = how.get(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N);
    transposedB = how.get(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
    epilogue = (int) how.get(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_DEFAULT);
    bias = how.get(CUBLASLT_MATMUL_DESC_BIAS_POINTER, 0);
    biasType = how.get(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, d.type());
    this.capability = capability;
    whole = how.whole;
    long aMode = how.get(CUBLASLT_MATMUL_DESC_A_SCALE_MODE, 0);
    if (aMode != how.get(CUBLASLT_MATMUL_DESC_B_SCALE_MODE, 0)) {
      throw new FakeFault("a product whose operands are scaled in different ways: " + this);
    }
    scaled = aMode == CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
    aScales = how.get(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, 0);
    bScales = how.get(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, 0);
    if (!scaled && (aScales != 0 || bScales != 0)) {
      throw new FakeFault("a product with scales that the fake does not know: " + this);
    }
  }

  int operandType() {
    return a.type();
  }

  /** Columns of d, which are rows of the caller's matrix. */
  long rows() {
    return d.columns();
  }

  boolean hasBias() {
    return epilogue == CUBLASLT_EPILOGUE_BIAS || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS;
  }

  private boolean hasGelu() {
    return epilogue == CUBLASLT_EPILOGUE_GELU || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS;
  }

  long bias() {
    return bias;
  }

  /** Whether cuBLASLt has an algorithm for it. */
  boolean isSupported() {
    if (transposedA != CUBLAS_OP_T || transposedB != CUBLAS_OP_N) {
      throw new FakeFault(
          "a product of %s: the fake has a transposed a and a plain b".formatted(this));
    }
    if (a.rows() != b.rows()
        || a.columns() != d.rows()
        || b.columns() != d.columns()
        || c.rows() != d.rows()
        || c.columns() != d.columns()) {
      throw new FakeFault("a product of matrices that do not fit: " + this);
    }
    if (a.type() == CUDA_R_8I || whole) {
      return isOfIntegers();
    }
    boolean types =
        a.type() == b.type()
            && c.type() == d.type()
            && (d.type() == CUDA_R_32F || (d.type() == CUDA_R_16BF && a.type() != CUDA_R_32F));
    boolean epilogues =
        epilogue == CUBLASLT_EPILOGUE_DEFAULT || hasBias() || epilogue == CUBLASLT_EPILOGUE_GELU;
    return types
        && epilogues
        && (!hasBias() || biasType == d.type())
        && (a.type() == CUDA_R_8F_E4M3 ? hasE4m3() : !scaled);
  }

  boolean isOfIntegers() {
    return whole
        && a.type() == CUDA_R_8I
        && b.type() == CUDA_R_8I
        && c.type() == CUDA_R_32I
        && d.type() == CUDA_R_32I
        && !scaled
        && epilogue == CUBLASLT_EPILOGUE_DEFAULT
        && a.rows() % 4 == 0
        && d.rows() % 4 == 0;
  }

  /** As NVIDIA documents it; that scales must be aligned was seen. */
  private boolean hasE4m3() {
    boolean scales =
        capability == 90
            && aScales != 0
            && bScales != 0
            && aScales % ALIGNMENT == 0
            && bScales % ALIGNMENT == 0;
    return capability >= 89
        && epilogue == CUBLASLT_EPILOGUE_DEFAULT
        && a.rows() % ALIGNMENT == 0
        && d.rows() % ALIGNMENT == 0
        && (!scaled || scales);
  }

  void run(
      FakeMemory memory,
      FakeAlgorithm algorithm,
      float alpha,
      long aAt,
      long bAt,
      float beta,
      long cAt,
      long dAt,
      long biasAt,
      boolean scales) {
    requireAligned("a", aAt, a);
    requireAligned("b", bAt, b);
    requireAligned("d", dAt, d);
    if (whole) {
      runOfIntegers(memory, alpha, aAt, bAt, beta, dAt);
      return;
    }
    int outs = Math.toIntExact(d.rows());
    int depth = Math.toIntExact(a.rows());
    float[][] weight = transposed(memory, aAt);
    float[] biases = new float[outs];
    if (hasBias()) {
      if (biasAt == 0) {
        throw new FakeFault("a product without the bias of its epilogue: " + this);
      }
      read(memory, biasAt, d.type(), biases);
    }
    float[] weightScales = new float[outs];
    float[] rowScales = new float[Math.toIntExact(d.columns())];
    boolean multiplied = scaled && scales;
    if (scaled) {
      read(memory, aScales, CUDA_R_32F, weightScales);
      read(memory, bScales, CUDA_R_32F, rowScales);
    }
    float[] x = new float[depth];
    float[] kept = new float[outs];
    if (beta != 0) {
      requireAligned("c", cAt, c);
      if (cAt == dAt && c.stride() != d.stride()) {
        throw new FakeFault("a product whose c is its d, of another stride: " + this);
      }
    }
    for (long row = 0; row < d.columns(); row++) {
      read(memory, bAt + row * b.stride() * b.elementBytes(), b.type(), x);
      if (beta != 0) {
        read(memory, cAt + row * c.stride() * c.elementBytes(), c.type(), kept);
      }
      float[] sums = sums(x, weight, algorithm.parts(this));
      for (int i = 0; i < outs; i++) {
        float value = alpha * sums[i];
        if (multiplied) {
          value *= rowScales[(int) row] * weightScales[i];
        }
        if (beta != 0) {
          value += beta * kept[i];
        }
        value += biases[i];
        sums[i] = hasGelu() ? gelu(value) : value;
      }
      write(memory, dAt + row * d.stride() * d.elementBytes(), sums);
    }
  }

  /** Alpha and beta are 1 and 0, as integers. */
  private void runOfIntegers(
      FakeMemory memory, float alpha, long aAt, long bAt, float beta, long dAt) {
    if (alpha != 1 || beta != 0) {
      throw new FakeFault("a product of integers with alpha %s, beta %s".formatted(alpha, beta));
    }
    int outs = Math.toIntExact(d.rows());
    int depth = Math.toIntExact(a.rows());
    byte[][] weight = new byte[outs][];
    for (int i = 0; i < outs; i++) {
      weight[i] = memory.read(aAt + i * a.stride(), depth).toArray(JAVA_BYTE);
    }
    for (long row = 0; row < d.columns(); row++) {
      byte[] x = memory.read(bAt + row * b.stride(), depth).toArray(JAVA_BYTE);
      MemorySegment to = memory.write(dAt + row * d.stride() * 4, 4L * outs);
      for (int i = 0; i < outs; i++) {
        byte[] w = weight[i];
        int sum = 0;
        for (int k = 0; k < depth; k++) {
          sum += x[k] * w[k];
        }
        to.setAtIndex(JAVA_INT, i, sum);
      }
    }
  }

  /** {@code weight[k][i]}, so that the sums of a row grow side by side. */
  private float[][] transposed(FakeMemory memory, long at) {
    int outs = Math.toIntExact(a.columns());
    int depth = Math.toIntExact(a.rows());
    float[][] weight = new float[depth][outs];
    float[] column = new float[depth];
    for (int i = 0; i < outs; i++) {
      read(memory, at + i * a.stride() * a.elementBytes(), a.type(), column);
      for (int k = 0; k < depth; k++) {
        weight[k][i] = column[k];
      }
    }
    return weight;
  }

  private static float[] sums(float[] x, float[][] weight, int parts) {
    int outs = weight[0].length;
    float[] total = new float[outs];
    float[] part = new float[outs];
    int length = Math.ceilDiv(x.length, parts);
    for (int from = 0; from < x.length; from += length) {
      java.util.Arrays.fill(part, 0);
      for (int k = from; k < Math.min(from + length, x.length); k++) {
        float factor = x[k];
        float[] weights = weight[k];
        for (int i = 0; i < outs; i++) {
          part[i] += factor * weights[i];
        }
      }
      for (int i = 0; i < outs; i++) {
        total[i] += part[i];
      }
    }
    return total;
  }

  /** The tanh form. */
  private static float gelu(float x) {
    double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return (float) (0.5 * x * (1 + Math.tanh(inner)));
  }

  private static void requireAligned(String what, long address, Layout layout) {
    FakeMemory.requireAligned("matrix " + what, address, ALIGNMENT);
    FakeMemory.requireAligned(
        "the second column of matrix " + what,
        address + layout.stride() * layout.elementBytes(),
        ALIGNMENT);
  }

  private static void read(FakeMemory memory, long address, int type, float[] values) {
    int bytes = new Layout(type, 1, 1, 1).elementBytes();
    MemorySegment from = memory.read(address, (long) bytes * values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case CUDA_R_32F -> from.getAtIndex(JAVA_FLOAT, i);
            case CUDA_R_16BF -> Float.intBitsToFloat(from.getAtIndex(JAVA_SHORT, i) << 16);
            default -> E4m3.decode(from.get(JAVA_BYTE, i));
          };
    }
  }

  private void write(FakeMemory memory, long address, float[] values) {
    MemorySegment to = memory.write(address, (long) d.elementBytes() * values.length);
    for (int i = 0; i < values.length; i++) {
      if (d.type() == CUDA_R_32F) {
        to.setAtIndex(JAVA_FLOAT, i, values[i]);
      } else {
        to.setAtIndex(JAVA_SHORT, i, bf16(values[i]));
      }
    }
  }

  /** Rounded to the nearest, ties to even. */
  static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  @Override
  public String toString() {
    return "d %d x %d = a %d x %d (type %d, stride %d), b %d x %d, result type %d, epilogue %d"
        .formatted(
            d.rows(),
            d.columns(),
            a.rows(),
            a.columns(),
            a.type(),
            a.stride(),
            b.rows(),
            b.columns(),
            d.type(),
            epilogue);
  }
}
