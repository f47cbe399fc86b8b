package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random inputs on a device, the same on each for a seed, and what is in its memory afterwards.
 * Whatever is allocated has a margin on both sides, so that bytes written outside of it show.
 */
final class Workbench {
  /** Name of blocks that have addresses. */
  static final String TABLE = "table";

  private static final int MARGIN = 64;

  /** An allocation with its margins. */
  private record Block(String name, long address, int bytes) {}

  final Kernels kernels;
  final AttentionKernels attention;
  final E4m3Kernels e4m3;
  final Int8Kernels int8;
  final Target target;
  final Random random;

  private final KernelDevice device;
  private final List<Block> blocks = new ArrayList<>();

  Workbench(KernelDevice device, Target target, long seed) {
    this.device = device;
    this.target = target;
    kernels = new Kernels(device);
    attention = attention(1);
    e4m3 = new E4m3Kernels(device);
    int8 = new Int8Kernels(device);
    random = new Random(seed);
  }

  /** Kernels of attention for a device with this many multiprocessors. */
  AttentionKernels attention(int multiprocessors) {
    return new AttentionKernels(device, target, multiprocessors);
  }

  /**
   * A matrix of random values.
   *
   * @param gap elements between rows
   * @param shift elements between a multiple of 256 bytes and the first element
   */
  Matrix matrix(String name, DType element, int rows, int columns, int gap, int shift) {
    int stride = columns + gap;
    int count = rows * stride;
    MemorySegment values = Arena.ofAuto().allocate((long) count * element.bytes());
    for (int i = 0; i < count; i++) {
      set(values, element, i, value());
    }
    return new Matrix(put(name, values, shift * element.bytes()), element, rows, columns, stride);
  }

  /** Mostly ordinary numbers, and now and then a zero, a tiny or a large one. */
  float value() {
    float ordinary = (float) random.nextGaussian();
    return switch (random.nextInt(40)) {
      case 0 -> 0;
      case 1 -> -0f;
      case 2 -> ordinary * 1e-30f;
      case 3 -> ordinary * 30;
      default -> ordinary;
    };
  }

  private static void set(MemorySegment values, DType element, int index, float value) {
    switch (element) {
      case F32 -> values.set(JAVA_FLOAT_UNALIGNED, 4L * index, value);
      case BF16 ->
          values.set(
              JAVA_SHORT_UNALIGNED,
              2L * index,
              (short) (Float.floatToRawIntBits(Formats.roundToBf16(value)) >>> 16));
      case F16 -> values.set(JAVA_SHORT_UNALIGNED, 2L * index, Float.floatToFloat16(value));
      case I8 -> values.set(JAVA_BYTE, index, (byte) Math.round(value * 40));
    }
  }

  /** Room for an activation in E4M3, of random bytes. */
  E4m3Activation e4m3Activation(String name, int rows, int columns) {
    long bytes = E4m3Activation.bytes(rows, columns);
    return E4m3Activation.of(put(name, noise(bytes), 0), rows, columns);
  }

  /** Room for an activation in integers, of random bytes. */
  Int8Activation int8Activation(String name, int rows, int columns) {
    long bytes = Int8Activation.bytes(rows, columns);
    return Int8Activation.of(put(name, noise(bytes), 0), rows, columns);
  }

  /** Room for a weight of 8 bits, of random bytes. */
  CodedMatrix weight(String name, int rows, int columns) {
    long bytes = CodedMatrix.bytes(rows, columns);
    return CodedMatrix.of(put(name, noise(bytes), 0), rows, columns);
  }

  private MemorySegment noise(long bytes) {
    byte[] noise = new byte[Math.toIntExact(bytes)];
    random.nextBytes(noise);
    return Arena.ofAuto().allocateFrom(JAVA_BYTE, noise);
  }

  /** Float32 values without gaps. */
  long floats(String name, int count) {
    return matrix(name, DType.F32, 1, count, 0, 0).address();
  }

  long floats(String name, float... values) {
    return put(name, Arena.ofAuto().allocateFrom(JAVA_FLOAT_UNALIGNED, values), 0);
  }

  long integers(String name, int... values) {
    return put(name, Arena.ofAuto().allocateFrom(JAVA_INT_UNALIGNED, values), 0);
  }

  /** Row numbers below a bound. */
  long rowNumbers(String name, int count, int bound) {
    int[] numbers = random.ints(count, 0, bound).toArray();
    return integers(name, numbers);
  }

  /** Contents, {@code shift} bytes behind a multiple of 256. */
  long put(String name, MemorySegment contents, int shift) {
    int bytes = Math.toIntExact(contents.byteSize()) + shift + 2 * MARGIN;
    MemorySegment block = Arena.ofAuto().allocate(bytes, 8);
    block.fill((byte) 0x5A);
    // The margin before the contents ends at a multiple of 16.
    MemorySegment.copy(contents, 0, block, MARGIN + shift, contents.byteSize());
    long address = device.allocate(block);
    blocks.add(new Block(name, address, bytes));
    return address + MARGIN + shift;
  }

  /** How many blocks there are. */
  int size() {
    return blocks.size();
  }

  String name(int block) {
    return blocks.get(block).name();
  }

  /** Contents of a block, margins included. */
  byte[] contents(int block) {
    return device.read(blocks.get(block).address(), blocks.get(block).bytes());
  }
}
