package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tensors and their kin, and the second phase of operators. */
final class TensorFunctions {
  private static final int ND = 2;
  private static final long DATA_ALIGNMENT = 32;

  /** A list owns its tensors. */
  record FakeList(List<FakeTensor> tensors, List<Long> handles) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record FakeIntArray(long[] values) {}

  record FakeScalar(double value) {}

  private final FakeCann machine;

  TensorFunctions(FakeCann machine) {
    this.machine = machine;
  }

  Map<String, Function> functions() {
    return Map.ofEntries(
        Map.entry("aclnnInit", _ -> 0),
        Map.entry("aclCreateTensor", this::createTensor),
        Map.entry("aclDestroyTensor", call -> destroy(call, "tensor", FakeTensor.class)),
        Map.entry("aclCreateTensorList", this::createList),
        Map.entry("aclDestroyTensorList", this::destroyList),
        Map.entry("aclCreateIntArray", this::createIntArray),
        Map.entry("aclDestroyIntArray", call -> destroy(call, "array", FakeIntArray.class)),
        Map.entry("aclCreateScalar", this::createScalar),
        Map.entry("aclDestroyAclOpExecutor", call -> destroy(call, "executor", FakeExecutor.class)),
        Map.entry("aclDestroyScalar", call -> destroy(call, "scalar", FakeScalar.class)));
  }

  private MemorySegment handle(Object object) {
    return MemorySegment.ofAddress(machine.handles().add(object));
  }

  private MemorySegment createTensor(Arguments call) {
    long count = call.int64("dimensions");
    long[] shape = call.int64s("shape", count);
    long[] strides = call.int64s("strides", count);
    long[] storage = call.int64s("storageShape", call.int64("storageDimensions"));
    long data = call.address("data");
    if (call.int32("format") != ND) {
      throw new FakeFault("aclCreateTensor: format %d".formatted(call.int32("format")));
    }
    if (data % DATA_ALIGNMENT != 0) {
      throw new FakeFault("aclCreateTensor: data at 0x%x, not a multiple of 32".formatted(data));
    }
    if (!FakeMemory.isDevice(data)) {
      throw new FakeFault("aclCreateTensor: data at 0x%x is no memory of a device".formatted(data));
    }
    FakeTensor tensor =
        new FakeTensor(Element.of(call.int32("type")), shape, strides, call.int64("offset"), data);
    long room = 1;
    for (long size : storage) {
      room *= size;
    }
    requireWithin(tensor, room);
    return handle(tensor);
  }

  /** A view lies within what it says is stored. */
  private static void requireWithin(FakeTensor tensor, long room) {
    long last = tensor.offset();
    for (int i = 0; i < tensor.dimensions(); i++) {
      if (tensor.shape()[i] < 0 || tensor.strides()[i] < 0) {
        throw new FakeFault("aclCreateTensor: " + tensor);
      }
      last += (tensor.shape()[i] - 1) * tensor.strides()[i];
    }
    if (tensor.offset() < 0 || (tensor.elements() > 0 && last >= room)) {
      throw new FakeFault("aclCreateTensor: %s in storage of %d elements".formatted(tensor, room));
    }
  }

  private <T> int destroy(Arguments call, String parameter, Class<T> type) {
    T _ = machine.handles().remove(call.address(parameter), type);
    return 0;
  }

  private MemorySegment createList(Arguments call) {
    List<FakeTensor> tensors = new ArrayList<>();
    List<Long> handles = new ArrayList<>();
    for (long handle : call.int64s("tensors", call.int64("count"))) {
      tensors.add(machine.handles().get(handle, FakeTensor.class));
      handles.add(handle);
    }
    return handle(new FakeList(List.copyOf(tensors), List.copyOf(handles)));
  }

  private int destroyList(Arguments call) {
    FakeList list = machine.handles().remove(call.address("list"), FakeList.class);
    for (long handle : list.handles) {
      FakeTensor _ = machine.handles().remove(handle, FakeTensor.class);
    }
    return 0;
  }

  private MemorySegment createIntArray(Arguments call) {
    return handle(new FakeIntArray(call.int64s("values", call.int64("count"))));
  }

  private MemorySegment createScalar(Arguments call) {
    Element element = Element.of(call.int32("type"));
    return handle(new FakeScalar(element.get(call.host("value", element.bytes()), 0)));
  }
}
