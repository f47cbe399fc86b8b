package dev.vl4j.ascend.operator;

import static dev.vl4j.ascend.bindings.AscendConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.ascend.driver.AscendException;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.ascend.driver.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A call of an operator: its arguments in the order of the declaration, and then both phases. What
 * the arguments are made of is given back once the second phase has enqueued the operator, or the
 * call has failed.
 */
final class OperatorCall {
  /** What is to be destroyed, by which function. */
  private record Made(String destroyer, MemorySegment handle) {}

  private final OperatorRunner runner;
  private final String operator;
  private final Arena arena = Arena.ofConfined();
  private final List<Object> arguments = new ArrayList<>();
  private final List<View> views = new ArrayList<>();
  private final Deque<Made> made = new ArrayDeque<>();

  OperatorCall(OperatorRunner runner, String operator) {
    this.runner = runner;
    this.operator = operator;
  }

  private MemorySegment make(String maker, String destroyer, Object... values) {
    MemorySegment handle = runner.function(maker).address(values);
    if (handle.address() == 0) {
      release();
      throw new AscendException("%s: %s returned nothing".formatted(this, maker), 0);
    }
    made.push(new Made(destroyer, handle));
    return handle;
  }

  private MemorySegment handle(View view) {
    views.add(view);
    long dimensions = view.shape().length;
    return make(
        "aclCreateTensor",
        "aclDestroyTensor",
        arena.allocateFrom(JAVA_LONG, view.shape()),
        dimensions,
        view.type().code(),
        arena.allocateFrom(JAVA_LONG, view.strides()),
        view.offset(),
        ACL_FORMAT_ND,
        arena.allocateFrom(JAVA_LONG, view.storage()),
        1L,
        MemorySegment.ofAddress(view.address()));
  }

  OperatorCall tensor(View view) {
    arguments.add(handle(view));
    return this;
  }

  /** A list, which owns its tensors. */
  OperatorCall tensors(List<View> parts) {
    MemorySegment handles = arena.allocate(ADDRESS, parts.size());
    for (int i = 0; i < parts.size(); i++) {
      handles.setAtIndex(ADDRESS, i, handle(parts.get(i)));
    }
    MemorySegment list =
        make("aclCreateTensorList", "aclDestroyTensorList", handles, (long) parts.size());
    Made whole = made.pop();
    for (int i = 0; i < parts.size(); i++) {
      made.pop();
    }
    made.push(whole);
    arguments.add(list);
    return this;
  }

  OperatorCall ints(long... values) {
    arguments.add(
        make(
            "aclCreateIntArray",
            "aclDestroyIntArray",
            arena.allocateFrom(JAVA_LONG, values),
            (long) values.length));
    return this;
  }

  OperatorCall scalar(float value) {
    arguments.add(
        make(
            "aclCreateScalar",
            "aclDestroyScalar",
            arena.allocateFrom(JAVA_FLOAT, value),
            ACL_FLOAT));
    return this;
  }

  /** An argument that is not given. */
  OperatorCall none() {
    arguments.add(MemorySegment.NULL);
    return this;
  }

  OperatorCall none(int count) {
    for (int i = 0; i < count; i++) {
      none();
    }
    return this;
  }

  OperatorCall int64(long value) {
    arguments.add(value);
    return this;
  }

  OperatorCall int8(int value) {
    arguments.add((byte) value);
    return this;
  }

  OperatorCall bool(boolean value) {
    arguments.add(value);
    return this;
  }

  OperatorCall float64(double value) {
    arguments.add(value);
    return this;
  }

  OperatorCall text(String value) {
    arguments.add(arena.allocateFrom(value));
    return this;
  }

  /** Both phases. */
  void run() {
    Cann cann = runner.npu().cann();
    try {
      Function first = runner.function(operator + "GetWorkspaceSize");
      Function second = runner.function(operator);
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      MemorySegment executor = arena.allocate(ADDRESS);
      arguments.add(bytes);
      arguments.add(executor);
      cann.check(toString(), first.status(arguments.toArray()));
      long needed = bytes.get(JAVA_LONG, 0);
      MemorySegment prepared = executor.get(ADDRESS, 0);
      long workspace = workspace(needed, prepared);
      long stream = runner.npu().stream();
      int status =
          second.status(
              MemorySegment.ofAddress(workspace),
              needed,
              prepared,
              MemorySegment.ofAddress(stream));
      cann.enqueued(toString(), status, stream);
    } finally {
      release();
    }
  }

  /** An executor that does not run has to be destroyed. */
  private long workspace(long bytes, MemorySegment executor) {
    try {
      return runner.workspace(bytes);
    } catch (RuntimeException e) {
      int _ = runner.function("aclDestroyAclOpExecutor").status(executor);
      throw e;
    }
  }

  private void release() {
    while (!made.isEmpty()) {
      Made each = made.pop();
      int _ = runner.function(each.destroyer).status(each.handle);
    }
    arena.close();
  }

  /** {@code aclnnMm(BF16 [3, 128], BF16 [128, 64], BF16 [3, 64])}. */
  @Override
  public String toString() {
    return views.stream()
        .map(View::toString)
        .collect(Collectors.joining(", ", operator + "(", ")"));
  }
}
