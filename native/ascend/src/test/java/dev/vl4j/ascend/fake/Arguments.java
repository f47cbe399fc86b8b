package dev.vl4j.ascend.fake;

import dev.vl4j.ascend.bindings.Declaration;
import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** What a function was called with, by the names that the header has for its parameters. */
record Arguments(Declaration function, List<Object> values) {
  private Object value(String name) {
    for (int i = 0; i < values.size(); i++) {
      if (function.parameters().get(i).name().equals(name)) {
        return values.get(i);
      }
    }
    throw new IllegalStateException("%s has no parameter %s".formatted(function.name(), name));
  }

  long address(String name) {
    return ((MemorySegment) value(name)).address();
  }

  long int64(String name) {
    return (long) value(name);
  }

  int int32(String name) {
    return (int) value(name);
  }

  byte int8(String name) {
    return (byte) value(name);
  }

  boolean bool(String name) {
    return (boolean) value(name);
  }

  double float64(String name) {
    return (double) value(name);
  }

  /** Memory of the host that an argument points to; null pointers are parameters that are bad. */
  @SuppressWarnings("restricted") // native code says where memory lies
  MemorySegment host(String name, long bytes) {
    MemorySegment memory = (MemorySegment) value(name);
    if (memory.address() == 0) {
      throw new Status(Codes.NULL_POINTER, function.name() + ": " + name + " is null");
    }
    if (FakeMemory.isDevice(memory.address())) {
      throw new FakeFault(
          "%s: %s is memory of a device, expected the host's".formatted(function.name(), name));
    }
    return memory.reinterpret(bytes);
  }

  void set(String name, long result) {
    host(name, Long.BYTES).set(ValueLayout.JAVA_LONG, 0, result);
  }

  void set(String name, int result) {
    host(name, Integer.BYTES).set(ValueLayout.JAVA_INT, 0, result);
  }

  long[] int64s(String name, long count) {
    return host(name, count * Long.BYTES).toArray(ValueLayout.JAVA_LONG);
  }

  String text(String name) {
    return host(name, 1024).getString(0);
  }
}
