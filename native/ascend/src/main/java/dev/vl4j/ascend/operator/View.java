package dev.vl4j.ascend.operator;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A part of the memory on the device as an operator takes it.
 *
 * @param address of the memory, a multiple of 32
 * @param storage elements of the memory, from the address on
 * @param offset of the first element, in elements
 * @param shape sizes of the dimensions, the outermost first
 * @param strides of the dimensions, in elements
 */
@SuppressWarnings("ArrayRecordComponent") // made here, never changed or compared
public record View(
    long address, ElementType type, long storage, long offset, long[] shape, long[] strides) {
  /** All of a memory, row-major. */
  public static View dense(long address, ElementType type, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return new View(address, type, stride, 0, shape, strides);
  }

  /** A matrix whose rows may have gaps between them. */
  public static View matrix(
      long address,
      ElementType type,
      long storage,
      long offset,
      long rows,
      long columns,
      long stride) {
    return new View(
        address, type, storage, offset, new long[] {rows, columns}, new long[] {stride, 1});
  }

  private View with(long newOffset, long[] newShape, long[] newStrides) {
    return new View(address, type, storage, newOffset, newShape, newStrides);
  }

  /** Elements that it has. */
  public long elements() {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    return elements;
  }

  /** Rows {@code from} to before {@code to} of the first dimension. */
  public View rows(long from, long to) {
    long[] sizes = shape.clone();
    sizes[0] = to - from;
    return with(offset + from * strides[0], sizes, strides);
  }

  /** Columns {@code from} to before {@code to} of the last dimension. */
  public View columns(long from, long to) {
    int last = shape.length - 1;
    long[] sizes = shape.clone();
    sizes[last] = to - from;
    return with(offset + from * strides[last], sizes, strides);
  }

  /** A matrix with its dimensions exchanged. */
  public View transposed() {
    return with(offset, new long[] {shape[1], shape[0]}, new long[] {strides[1], strides[0]});
  }

  /** The columns of a matrix as heads of a size: [rows, heads, size]. */
  public View heads(long size) {
    return with(
        offset,
        new long[] {shape[0], shape[1] / size, size},
        new long[] {strides[0], size * strides[1], strides[1]});
  }

  /** [1, rows, heads, size] of [rows, heads, size], as rotary embeddings take it. */
  public View batch() {
    return with(
        offset,
        new long[] {1, shape[0], shape[1], shape[2]},
        new long[] {shape[0] * strides[0], strides[0], strides[1], strides[2]});
  }

  /** Whether its elements lie one after another, row-major. */
  public boolean isDense() {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  /** The same elements in another shape, for views that are dense. */
  public View reshaped(long... newShape) {
    View dense = dense(address, type, newShape);
    if (!isDense() || dense.elements() != elements()) {
      throw new IllegalArgumentException(this + " as " + Arrays.toString(newShape));
    }
    return with(offset, newShape, dense.strides);
  }

  /** Another order of dimensions. */
  public View permuted(int... order) {
    long[] sizes = new long[order.length];
    long[] steps = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      sizes[i] = shape[order[i]];
      steps[i] = strides[order[i]];
    }
    return with(offset, sizes, steps);
  }

  /** A dimension split into two, the second of which has so many elements. */
  public View split(int dimension, long inner) {
    int count = shape.length + 1;
    long[] sizes = new long[count];
    long[] steps = new long[count];
    for (int i = 0; i < count; i++) {
      int from = i <= dimension ? i : i - 1;
      sizes[i] = shape[from];
      steps[i] = strides[from];
    }
    sizes[dimension] = shape[dimension] / inner;
    steps[dimension] = strides[dimension] * inner;
    sizes[dimension + 1] = inner;
    return with(offset, sizes, steps);
  }

  /** {@code BF16 [3, 128]}. */
  @Override
  public String toString() {
    return Arrays.stream(shape)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", type + " [", "]"));
  }
}
