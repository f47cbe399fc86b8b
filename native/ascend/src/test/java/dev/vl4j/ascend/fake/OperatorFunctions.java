package dev.vl4j.ascend.fake;

import dev.vl4j.ascend.bindings.Declaration;
import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Both phases of all operators. */
final class OperatorFunctions {
  /** What a first phase's name ends in. */
  private static final String FIRST = "GetWorkspaceSize";

  private static final int NO_KERNELS = 561112;

  private final FakeCann machine;
  private final RuntimeFunctions runtime;
  private final Random random;

  OperatorFunctions(FakeCann machine, RuntimeFunctions runtime) {
    this.machine = machine;
    this.runtime = runtime;
    random = new Random(machine.seed());
  }

  Map<String, Function> functions() {
    Map<String, Operator> operators = new HashMap<>();
    operators.putAll(ElementOperators.all());
    operators.putAll(MatrixOperators.all());
    operators.putAll(NormOperators.all());
    operators.putAll(MoveOperators.all());
    operators.put("aclnnFusedInferAttentionScoreV2", AttentionOperator::prepare);
    operators.put(
        "aclnnFusedInferAttentionScoreV3",
        call -> AttentionOperator.prepare(call, "queryRope", "keyRope", "keyRopeAntiquantScale"));
    Map<String, Function> functions = new HashMap<>();
    operators.forEach((name, operator) -> {
      functions.put(name + FIRST, call -> first(operator, call));
      functions.put(name, this::second);
    });
    return functions;
  }

  private int first(Operator operator, Arguments arguments) {
    if (machine.isWithoutKernels()) {
      throw new Status(NO_KERNELS, "no kernel package for this processor");
    }
    OperatorCall call = new OperatorCall(machine, arguments);
    Runnable work = operator.prepare(call);
    call.require(
        !machine.soc().startsWith("Ascend310P")
            || call.tensors().stream().noneMatch(tensor -> tensor.element() == Element.BF16),
        "BF16 is not supported on this processor");
    long workspace = 32L * random.nextInt(1, 64);
    FakeExecutor executor =
        new FakeExecutor(call.name(), call.device(), call.tensors(), workspace, work);
    arguments.set("workspaceBytes", workspace);
    arguments.set("executor", machine.handles().add(executor));
    return 0;
  }

  /** Lets a second phase fail before it has begun: it uses its executor up all the same. */
  void abandon(Declaration function, List<Object> values) {
    if (!function.parameters().isEmpty()
        && function.parameters().getFirst().name().equals("workspace")) {
      FakeExecutor _ =
          machine
              .handles()
              .remove(new Arguments(function, values).address("executor"), FakeExecutor.class);
    }
  }

  /** The executor is used up, also if the second phase fails. */
  private int second(Arguments arguments) {
    FakeExecutor executor =
        machine.handles().remove(arguments.address("executor"), FakeExecutor.class);
    executor.requireThread();
    FakeStream stream = runtime.stream(arguments);
    String operator = arguments.function().name();
    if (!executor.operator().equals(operator)) {
      throw new FakeFault("%s with the executor of %s".formatted(operator, executor.operator()));
    }
    for (FakeTensor tensor : executor.tensors()) {
      if (!machine.handles().isOpen(tensor)) {
        throw new FakeFault(
            "%s: a tensor was destroyed before the second phase".formatted(operator));
      }
    }
    long workspace = arguments.address("workspace");
    long bytes = arguments.int64("workspaceBytes");
    if (bytes < executor.workspace()) {
      throw new FakeFault(
          "%s: a workspace of %d bytes, %d are needed"
              .formatted(operator, bytes, executor.workspace()));
    }
    if (workspace == 0) {
      throw new Status(Codes.NULL_POINTER, operator + ": workspace is null");
    }
    for (FakeTensor tensor : executor.tensors()) {
      if (tensor.overlaps(workspace, executor.workspace())) {
        throw new FakeFault("%s: the workspace is part of %s".formatted(operator, tensor));
      }
    }
    int device = executor.device().number();
    MemorySegment _ = machine.memory().segment(device, workspace, executor.workspace());
    machine.count(operator, executor.tensors());
    long _ =
        stream.enqueue(
            operator,
            () -> {
              scribble(machine.memory().segment(device, workspace, executor.workspace()));
              executor.work().run();
              scribble(machine.memory().segment(device, workspace, executor.workspace()));
            });
    return 0;
  }

  private static void scribble(MemorySegment memory) {
    MemorySegment _ = memory.fill((byte) 0xA5);
  }
}
