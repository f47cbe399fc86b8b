package dev.vl4j.bench;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Our own linear layer on the CPU backend: float32 rows in, float32 rows out. */
final class Vl4jGemm implements Contender {
  private final Backend backend;
  private final Forward forward;
  private final List<Linear> copies = new ArrayList<>();
  private final Tensor x;
  private final Tensor out;
  private int next;

  Vl4jGemm(GemmProblem problem, OperandFormat operands, int threads, long coldBytes) {
    backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(threads));
    HostMatrix matrix =
        new HostMatrix(
            "weight", problem.weights(), DType.BF16, problem.outFeatures(), problem.inFeatures());
    copies.add(backend.prepare(List.of(matrix), operands));
    int count = GemmProblem.copies(copies.getFirst().bytes(), coldBytes);
    while (copies.size() < count) {
      copies.add(backend.prepare(List.of(matrix), operands));
    }
    forward = backend.begin();
    x = forward.tensor(problem.rows(), problem.inFeatures());
    forward.upload(problem.x(), x);
    out = forward.tensor(problem.rows(), problem.outFeatures());
  }

  /** The operand formats that processors have: {@code f32}, {@code bf16}, ... */
  static List<String> formats() {
    return Arrays.stream(OperandFormat.values())
        .filter(format -> format != OperandFormat.FP8)
        .map(format -> format.name().toLowerCase(Locale.ROOT))
        .toList();
  }

  @Override
  public void run() {
    forward.linear(x, copies.get(next), Epilogue.NONE, out);
    next = (next + 1) % copies.size();
  }

  @Override
  public float[] output() {
    return forward.read(out).await();
  }

  @Override
  public long weightBytes() {
    return copies.getFirst().bytes();
  }

  @Override
  public String implementation() {
    return backend.description();
  }

  @Override
  public void close() {
    forward.close();
    copies.forEach(Linear::close);
    backend.close();
  }
}
