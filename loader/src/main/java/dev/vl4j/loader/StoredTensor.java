package dev.vl4j.loader;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A tensor as it lies on disk: row-major, little-endian, outermost dimension first.
 *
 * @param name the name the checkpoint gives it
 * @param type encoding of one element
 * @param shape dimensions; empty for a scalar
 * @param data the bytes, {@code elements() * type.bytes()} of them, not necessarily aligned to the
 *     element size; valid until the file or checkpoint it came from is closed
 * @param file the file that holds it
 */
public record StoredTensor(
    String name, ElementType type, List<Long> shape, MemorySegment data, Path file) {

  // The format promises no alignment: a header of odd length shifts everything after it.
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  /**
   * Checks that data and shape agree.
   *
   * @throws LoaderException if they do not
   * @throws NullPointerException if anything is null
   */
  public StoredTensor {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    shape = List.copyOf(Objects.requireNonNull(shape, "shape"));
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(file, "file");
    long expected;
    try {
      expected = byteSize(type, shape);
    } catch (ArithmeticException e) {
      throw new LoaderException(
          file + ": tensor " + LoaderException.quote(name) + ": impossible shape " + shape, e);
    }
    if (expected != data.byteSize()) {
      throw new LoaderException(
          "%s: tensor %s: %s %s takes %d bytes, found %d"
              .formatted(
                  file, LoaderException.quote(name), type, shape, expected, data.byteSize()));
    }
  }

  /** The same tensor under another name. */
  StoredTensor named(String other) {
    return new StoredTensor(other, type, shape, data, file);
  }

  /** Number of elements, the product of the shape: 1 for a scalar. */
  public long elements() {
    return elements(shape);
  }

  /**
   * Every element as a float, in storage order. Widening F16 and BF16 is exact.
   *
   * @throws LoaderException if the type is not F32, F16 or BF16, or if the tensor has more elements
   *     than a Java array can hold
   */
  public float[] toFloats() {
    if (elements() > LONGEST_ARRAY) {
      throw new LoaderException(
          "%s: tensor %s: %d elements do not fit in one array"
              .formatted(file, LoaderException.quote(name), elements()));
    }
    float[] floats = new float[(int) elements()];
    switch (type) {
      case F32 -> MemorySegment.copy(data, FLOAT, 0, floats, 0, floats.length);
      case F16 -> {
        for (int i = 0; i < floats.length; i++) {
          floats[i] = Float.float16ToFloat(data.get(SHORT, 2L * i));
        }
      }
      case BF16 -> {
        // BF16 is the upper half of an F32.
        for (int i = 0; i < floats.length; i++) {
          floats[i] = Float.intBitsToFloat(data.get(SHORT, 2L * i) << 16);
        }
      }
      default ->
          throw new LoaderException(
              "%s: tensor %s: expected F32, F16 or BF16, found %s"
                  .formatted(file, LoaderException.quote(name), type));
    }
    return floats;
  }

  /**
   * Size in bytes of a tensor.
   *
   * @throws ArithmeticException if a dimension is negative or the size exceeds a long
   */
  static long byteSize(ElementType type, List<Long> shape) {
    return Math.multiplyExact(elements(shape), (long) type.bytes());
  }

  private static long elements(List<Long> shape) {
    // An empty tensor may have neighbouring dimensions whose product overflows.
    boolean empty = false;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new ArithmeticException("negative dimension " + dimension);
      }
      empty |= dimension == 0;
    }
    if (empty) {
      return 0;
    }
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }
}
