package dev.vl4j.ascend.fake;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The first phase of an operator: its arguments, and the checks that all operators share. */
final class OperatorCall {
  private final FakeCann machine;
  private final Arguments arguments;
  private final FakeDevice device;
  private final List<FakeTensor> tensors = new ArrayList<>();

  OperatorCall(FakeCann machine, Arguments arguments) {
    this.machine = machine;
    this.arguments = arguments;
    device = machine.current();
  }

  Arguments arguments() {
    return arguments;
  }

  List<FakeTensor> tensors() {
    return tensors;
  }

  FakeDevice device() {
    return device;
  }

  String name() {
    return arguments.function().name().replaceFirst("GetWorkspaceSize$", "");
  }

  /** Refuses the arguments. */
  Status refusal(String reason) {
    return new Status(Codes.BAD_ARGUMENT, "%s: %s".formatted(name(), reason));
  }

  void require(boolean condition, String reason) {
    if (!condition) {
      throw refusal(reason);
    }
  }

  /** An argument that must not be null. */
  FakeTensor tensor(String parameter) {
    FakeTensor tensor = optional(parameter);
    if (tensor == null) {
      throw new Status(Codes.NULL_POINTER, "%s: %s is null".formatted(name(), parameter));
    }
    return tensor;
  }

  @Nullable FakeTensor optional(String parameter) {
    long handle = arguments.address(parameter);
    return handle == 0 ? null : used(machine.handles().get(handle, FakeTensor.class));
  }

  private FakeTensor used(FakeTensor tensor) {
    tensor.requireMemory(machine.memory(), device.number());
    tensors.add(tensor);
    return tensor;
  }

  FakeTensor only(String listParameter) {
    TensorFunctions.FakeList list =
        machine.handles().get(arguments.address(listParameter), TensorFunctions.FakeList.class);
    require(list.tensors().size() == 1, listParameter + " has more than one tensor");
    return used(list.tensors().getFirst());
  }

  List<FakeTensor> list(String listParameter) {
    TensorFunctions.FakeList list =
        machine.handles().get(arguments.address(listParameter), TensorFunctions.FakeList.class);
    list.tensors().forEach(this::used);
    return list.tensors();
  }

  /** Tensors that this operator does not take here. */
  void requireNull(String... parameters) {
    for (String parameter : parameters) {
      require(arguments.address(parameter) == 0, parameter + " is not supported here");
    }
  }

  long[] ints(String parameter) {
    return machine
        .handles()
        .get(arguments.address(parameter), TensorFunctions.FakeIntArray.class)
        .values();
  }

  double scalar(String parameter) {
    return machine
        .handles()
        .get(arguments.address(parameter), TensorFunctions.FakeScalar.class)
        .value();
  }

  void requireShape(String parameter, FakeTensor tensor, long... shape) {
    require(
        Arrays.equals(tensor.shape(), shape),
        "%s is %s, expected %s".formatted(parameter, tensor, Arrays.toString(shape)));
  }

  void requireElement(String parameter, FakeTensor tensor, Element... elements) {
    require(
        Arrays.asList(elements).contains(tensor.element()),
        "%s is %s, expected %s".formatted(parameter, tensor, Arrays.toString(elements)));
  }

  void requireContiguous(String parameter, FakeTensor tensor) {
    require(tensor.isContiguous(), "%s is not contiguous: %s".formatted(parameter, tensor));
  }

  float[] floats(FakeTensor tensor) {
    return tensor.floats(machine.memory(), device.number());
  }

  MemorySegment bytes(FakeTensor tensor) {
    return tensor.bytes(machine.memory(), device.number());
  }

  long[] longs(FakeTensor tensor) {
    return tensor.longs(machine.memory(), device.number());
  }

  void store(FakeTensor tensor, float[] values) {
    tensor.store(machine.memory(), device.number(), values);
  }
}
