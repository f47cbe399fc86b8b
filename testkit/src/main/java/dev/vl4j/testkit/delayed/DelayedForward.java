package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Indices;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks the calls of a forward, and lets the device do them later. */
final class DelayedForward implements Forward {
  private final ForwardCommands commands;
  private final Ownership own;

  DelayedForward(DelayedBackend backend) {
    commands = new ForwardCommands(backend);
    own = new Ownership(backend, commands);
  }

  @Override
  public Tensor tensor(int rows, int columns) {
    commands.requireOpen("tensor");
    Operands.tensor(rows, columns);
    Handle<Tensor> storage =
        DelayedTensor.storage(commands.backend(), commands, "tensor", rows, columns);
    Handle<Tensor> _ =
        commands.own(storage, forward -> forward.tensor(rows, columns), Poison::tensor);
    return new DelayedTensor(storage, rows, columns);
  }

  @Override
  public Operand operand(int rows, Linear reader) {
    commands.requireOpen("operand");
    DelayedLinear weight = own.weight("operand", reader);
    Operands.operand(rows, reader);
    return commands.own(
        new DelayedOperand(commands, rows, weight),
        forward -> forward.operand(rows, weight.inner()),
        Poison::operand);
  }

  @Override
  public Operand queries(int rows, AttentionShape shape) {
    commands.requireOpen("queries");
    Operands.queries(rows, shape);
    return commands.own(
        new DelayedOperand(commands, rows, shape),
        forward -> forward.queries(rows, shape),
        (poison, operand) -> poison.queries(operand, shape));
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int rows) {
    commands.requireOpen("keyValues");
    Operands.keyValues(shape, 1, rows);
    return commands.own(
        new DelayedKeyValues(commands.backend(), commands, shape, 1, rows),
        forward -> forward.keyValues(shape, rows),
        Poison::keyValues);
  }

  @Override
  public Indices indices(int[] rows) {
    commands.requireOpen("indices");
    int[] taken = rows.clone();
    return commands.own(
        new DelayedIndices(commands, rows.length, Operands.indices(rows)),
        forward -> forward.indices(taken),
        (poison, numbers) -> {});
  }

  @Override
  public Rotary rotary(RotaryEmbedding embedding, int[][] positions) {
    commands.requireOpen("rotary");
    Operands.rotary(embedding, positions);
    int rows = positions.length == 0 ? 0 : positions[0].length;
    int[][] taken = Arrays.stream(positions).map(int[]::clone).toArray(int[][]::new);
    return commands.own(
        new DelayedRotary(commands, rows, embedding.pairs()),
        forward -> forward.rotary(embedding, taken),
        (poison, angles) -> {});
  }

  @Override
  public AttentionPlan attention(AttentionShape shape, List<Segment> segments) {
    commands.requireOpen("attention");
    List<Segment> taken = List.copyOf(segments);
    taken.forEach(segment -> own.keyValues("attention", segment.keyValues()));
    Operands.segments(shape, taken);
    DelayedPlan plan = new DelayedPlan(commands, shape, taken);
    return commands.own(
        plan, forward -> forward.attention(shape, plan.innerSegments()), (poison, inner) -> {});
  }

  @Override
  public void upload(float[] values, Tensor out) {
    commands.requireOpen("upload");
    DelayedTensor to = own.tensor("upload", out);
    Operands.upload(values, out);
    float[] taken = values.clone();
    commands.enqueue(
        "upload", List.of(), List.of(to.memory()), forward -> forward.upload(taken, to.inner()));
  }

  @Override
  public void upload(byte[] samples, float[][] tables, Tensor out) {
    commands.requireOpen("upload");
    DelayedTensor to = own.tensor("upload", out);
    Operands.upload(samples, tables, out);
    byte[] taken = samples.clone();
    float[][] with = Arrays.stream(tables).map(float[]::clone).toArray(float[][]::new);
    commands.stage("upload", samples.length + 256L * Float.BYTES * tables.length);
    commands.enqueue(
        "upload",
        List.of(),
        List.of(to.memory()),
        forward -> forward.upload(taken, with, to.inner()));
  }

  @Override
  public void copy(Tensor x, Tensor out) {
    commands.requireOpen("copy");
    DelayedTensor from = own.tensor("copy", x);
    DelayedTensor to = own.tensor("copy", out);
    Operands.copy(x, out);
    Ownership.requireApartOrSame("copy", from, to);
    commands.enqueue(
        "copy",
        List.of(from.memory()),
        List.of(to.memory()),
        forward -> forward.copy(from.inner(), to.inner()));
  }

  @Override
  public void gather(Tensor x, Indices rows, Tensor out) {
    commands.requireOpen("gather");
    DelayedTensor from = own.tensor("gather", x);
    DelayedIndices numbers = own.indices("gather", rows);
    DelayedTensor to = own.tensor("gather", out);
    Operands.gather(x, rows, out);
    Ownership.requireApart("gather", from, to);
    commands.enqueue(
        "gather",
        List.of(from.memory(), numbers),
        List.of(to.memory()),
        forward -> forward.gather(from.inner(), numbers.inner(), to.inner()));
  }

  @Override
  public void gather(RowTable table, Indices rows, Tensor out) {
    commands.requireOpen("gather");
    DelayedTable from = own.table("gather", table);
    DelayedIndices numbers = own.indices("gather", rows);
    DelayedTensor to = own.tensor("gather", out);
    Operands.gather(table, rows, out);
    commands.enqueue(
        "gather",
        List.of(from, numbers),
        List.of(to.memory()),
        forward -> forward.gather(from.inner(), numbers.inner(), to.inner()));
  }

  @Override
  public void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    String operation = "addInterpolated";
    commands.requireOpen(operation);
    DelayedTable from = own.table(operation, table);
    DelayedIndices numbers = own.indices(operation, rows);
    DelayedTensor to = own.tensor(operation, out);
    Operands.addInterpolated(table, rows, weights, taps, out);
    float[] taken = weights.clone();
    commands.stage(operation, (long) Float.BYTES * weights.length);
    commands.enqueue(
        operation,
        List.of(from, numbers, to.memory()),
        List.of(to.memory()),
        forward -> forward.addInterpolated(from.inner(), numbers.inner(), taken, taps, to.inner()));
  }

  @Override
  public void add(Tensor x, Tensor out) {
    commands.requireOpen("add");
    DelayedTensor from = own.tensor("add", x);
    DelayedTensor to = own.tensor("add", out);
    Operands.add(x, out);
    Ownership.requireApartOrSame("add", from, to);
    commands.enqueue(
        "add",
        List.of(from.memory(), to.memory()),
        List.of(to.memory()),
        forward -> forward.add(from.inner(), to.inner()));
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out) {
    commands.requireOpen("rmsNorm");
    DelayedTensor from = own.tensor("rmsNorm", x);
    DelayedTensor by = own.tensor("rmsNorm", weight);
    DeviceOperand to = own.operand("rmsNorm", out);
    Operands.rmsNorm(x, weight, out);
    Ownership.requireApartOrSame("rmsNorm", from, to);
    Ownership.requireApart("rmsNorm", by, to);
    to.markWritten();
    commands.enqueue(
        "rmsNorm",
        List.of(from.memory(), by.memory()),
        List.of(to.memory()),
        forward -> forward.rmsNorm(from.inner(), by.inner(), epsilon, to.innerOperand()));
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out) {
    commands.requireOpen("layerNorm");
    DelayedTensor from = own.tensor("layerNorm", x);
    DelayedTensor by = own.tensor("layerNorm", weight);
    DelayedTensor plus = own.tensor("layerNorm", bias);
    DeviceOperand to = own.operand("layerNorm", out);
    Operands.layerNorm(x, weight, bias, out);
    Ownership.requireApartOrSame("layerNorm", from, to);
    Ownership.requireApart("layerNorm", by, to);
    Ownership.requireApart("layerNorm", plus, to);
    to.markWritten();
    commands.enqueue(
        "layerNorm",
        List.of(from.memory(), by.memory(), plus.memory()),
        List.of(to.memory()),
        forward ->
            forward.layerNorm(from.inner(), by.inner(), plus.inner(), epsilon, to.innerOperand()));
  }

  @Override
  public void linear(Operand x, Linear weight, Epilogue epilogue, Operand out) {
    commands.requireOpen("linear");
    DeviceOperand from = own.operand("linear", x);
    DelayedLinear by = own.weight("linear", weight);
    DelayedTensor bias = own.optionalTensor("linear", epilogue.bias());
    DelayedTensor residual = own.optionalTensor("linear", epilogue.residual());
    DeviceOperand to = own.operand("linear", out);
    Operands.linear(x, weight, epilogue, out);
    if (from instanceof DelayedOperand operand) {
      operand.requireReadableBy("linear", by);
    }
    List<Handle<?>> reads = new ArrayList<>(List.of(from.memory(), by));
    for (DeviceOperand each : Arrays.asList(from, bias, residual)) {
      if (each != null) {
        Ownership.requireApart("linear", each, to);
        reads.add(each.memory());
      }
    }
    to.markWritten();
    commands.enqueue(
        "linear",
        reads,
        List.of(to.memory()),
        forward ->
            forward.linear(
                from.innerOperand(),
                by.inner(),
                new Epilogue(inner(bias), epilogue.activation(), inner(residual)),
                to.innerOperand()));
  }

  private static @Nullable Tensor inner(@Nullable DelayedTensor tensor) {
    return tensor == null ? null : tensor.inner();
  }

  @Override
  public void queryKeyValues(
      Tensor projected,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      Rotary rotary,
      AttentionPlan plan,
      int layer,
      Operand queries) {
    String operation = "queryKeyValues";
    commands.requireOpen(operation);
    DelayedTensor from = own.tensor(operation, projected);
    DelayedTensor queryWeight = own.optionalTensor(operation, queryNorm.weight());
    DelayedTensor keyWeight = own.optionalTensor(operation, keyNorm.weight());
    DelayedRotary angles = own.rotary(operation, rotary);
    DelayedPlan of = own.plan(operation, plan);
    DelayedOperand to = own.queries(operation, queries, plan.shape());
    Operands.queryKeyValues(projected, queryNorm, keyNorm, rotary, plan, layer, queries);
    of.markComputed(layer);
    to.markWritten();
    List<Handle<?>> writes = new ArrayList<>(of.computed());
    writes.add(to);
    commands.enqueue(
        operation,
        Ownership.present(from, queryWeight, keyWeight, angles, of),
        writes,
        forward -> {
          forward.queryKeyValues(
              from.inner(),
              new HeadNorm(inner(queryWeight), queryNorm.epsilon()),
              new HeadNorm(inner(keyWeight), keyNorm.epsilon()),
              angles.inner(),
              of.inner(),
              layer,
              to.inner());
          commands.poison(from.inner());
        });
  }

  @Override
  public void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries) {
    commands.requireOpen("queries");
    DelayedTensor from = own.tensor("queries", projected);
    DelayedTensor weight = own.optionalTensor("queries", norm.weight());
    DelayedRotary angles = own.rotary("queries", rotary);
    DelayedOperand to = own.queries("queries", queries, shape);
    Operands.queries(projected, norm, rotary, shape, queries);
    to.markWritten();
    commands.enqueue(
        "queries",
        Ownership.present(from, weight, null, angles, null),
        List.of(to),
        forward -> {
          HeadNorm by = new HeadNorm(inner(weight), norm.epsilon());
          forward.queries(from.inner(), by, angles.inner(), shape, to.inner());
          commands.poison(from.inner());
        });
  }

  @Override
  public void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    commands.requireOpen("keyValues");
    DelayedTensor from = own.tensor("keyValues", projected);
    DelayedTensor weight = own.optionalTensor("keyValues", norm.weight());
    DelayedRotary angles = own.rotary("keyValues", rotary);
    DelayedPlan of = own.plan("keyValues", plan);
    Operands.keyValues(projected, norm, rotary, plan, layer);
    of.markComputed(layer);
    commands.enqueue(
        "keyValues",
        Ownership.present(from, weight, null, angles, of),
        of.computed(),
        forward -> {
          HeadNorm by = new HeadNorm(inner(weight), norm.epsilon());
          forward.keyValues(from.inner(), by, angles.inner(), of.inner(), layer);
          commands.poison(from.inner());
        });
  }

  @Override
  public void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    commands.requireOpen("attention");
    DelayedPlan of = own.plan("attention", plan);
    DelayedOperand from = own.queries("attention", queries, plan.shape());
    DeviceOperand to = own.operand("attention", out);
    Operands.attention(queries, plan, layer, out);
    from.requireWritten("attention");
    of.requireComputed("attention", layer);
    to.markWritten();
    List<Handle<?>> reads = new ArrayList<>(of.keyValues());
    reads.add(from);
    commands.enqueue(
        "attention",
        reads,
        List.of(to.memory()),
        forward -> forward.attention(from.inner(), of.inner(), layer, to.innerOperand()));
  }

  @Override
  public void copy(KeyValues from, int start, KeyValues to) {
    commands.requireOpen("copy");
    DelayedKeyValues source = own.keyValues("copy", from);
    DelayedKeyValues target = own.keyValues("copy", to);
    Operands.copy(from, start, to);
    if (source == target) {
      throw new BackendException("copy: %s on itself".formatted(source));
    }
    target.markCopied(source, start);
    commands.enqueue(
        "copy",
        List.of(source),
        List.of(target),
        forward -> forward.copy(source.inner(), start, target.inner()));
  }

  @Override
  public Readback read(Tensor x) {
    commands.requireOpen("read");
    return commands.read(own.tensor("read", x));
  }

  @Override
  public void close() {
    commands.close();
  }
}
