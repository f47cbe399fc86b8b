package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A view of memory on a device.
 *
 * @param strides in elements
 * @param offset of the first element, in elements
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record FakeTensor(Element element, long[] shape, long[] strides, long offset, long address) {
  long elements() {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    return elements;
  }

  int dimensions() {
    return shape.length;
  }

  long size(int dimension) {
    return shape[dimension < 0 ? shape.length + dimension : dimension];
  }

  boolean isContiguous() {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  /** Elements behind the address that the view can reach. */
  private long reach() {
    long last = offset;
    for (int i = 0; i < shape.length; i++) {
      last += (shape[i] - 1) * strides[i];
    }
    return elements() == 0 ? 0 : last + 1;
  }

  private MemorySegment memory(FakeMemory memory, int device) {
    return memory.segment(device, address, reach() * element.bytes());
  }

  /** Fails if any of the elements is not memory of the device. */
  void requireMemory(FakeMemory memory, int device) {
    MemorySegment _ = memory(memory, device);
  }

  boolean overlaps(long start, long bytes) {
    return elements() > 0
        && address + offset * element.bytes() < start + bytes
        && start < address + reach() * element.bytes();
  }

  /** What is there, of a tensor without gaps. */
  MemorySegment bytes(FakeMemory memory, int device) {
    long from = offset * element.bytes();
    return memory(memory, device).asSlice(from, elements() * element.bytes());
  }

  /** Values in row-major order. */
  float[] floats(FakeMemory memory, int device) {
    float[] values = new float[Math.toIntExact(elements())];
    MemorySegment from = memory(memory, device);
    runs((index, at, count, stride) -> element.read(from, at, stride, values, index, count));
    return values;
  }

  long[] longs(FakeMemory memory, int device) {
    long[] values = new long[Math.toIntExact(elements())];
    MemorySegment from = memory(memory, device);
    runs((index, at, count, stride) -> {
      for (int i = 0; i < count; i++) {
        values[index + i] = (long) element.get(from, at + i * stride);
      }
    });
    return values;
  }

  void store(FakeMemory memory, int device, float[] values) {
    if (values.length != elements()) {
      throw new FakeFault("%d values for %s".formatted(values.length, this));
    }
    MemorySegment to = memory(memory, device);
    runs((index, at, count, stride) -> element.write(values, index, count, to, at, stride));
  }

  /** A run of elements of the last dimension, or of all if there are no gaps. */
  private interface Visitor {
    void visit(int index, long at, int count, long stride);
  }

  private void runs(Visitor visitor) {
    int all = Math.toIntExact(elements());
    if (all == 0) {
      return;
    }
    if (isContiguous()) {
      visitor.visit(0, offset, all, 1);
      return;
    }
    int last = shape.length - 1;
    int count = (int) shape[last];
    long[] place = new long[shape.length];
    long at = offset;
    for (int i = 0; i < all; i += count) {
      visitor.visit(i, at, count, strides[last]);
      for (int d = last - 1; d >= 0; d--) {
        at += strides[d];
        if (++place[d] < shape[d]) {
          break;
        }
        at -= place[d] * strides[d];
        place[d] = 0;
      }
    }
  }

  @Override
  public String toString() {
    return "%s %s, strides %s, offset %d"
        .formatted(element, Arrays.toString(shape), Arrays.toString(strides), offset);
  }
}
