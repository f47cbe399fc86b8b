package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.bench.Towers;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.ModelDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** The text tower in fp8 beside the same in bf16, in turn on the same device. */
public final class Fp8Speed {
  private static final int WARM = 4;

  /** How much faster fp8 is to be. */
  private static final double LEAST_RATIO = 1.6;

  /** Of the hidden states in both formats. */
  private static final double LEAST_COSINE = 0.97;

  private Fp8Speed() {}

  /**
   * Options: those of {@link Subject}, {@code --rounds} (7), {@code --text BxT} (32x512) prompts
   * and tokens; the flag {@code --bars} if these are the sizes that the bar is for. The exit code
   * is 1 if fp8 computes something else than bf16.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(List.of("rounds", "text"));
    Arguments options = new Arguments(Set.of("bars"), arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    ResultTable table = new ResultTable(options.path("table"));
    String what = "%s text tower in fp8".formatted(subject.label());
    String bar = ">= %.1fx bf16".formatted(LEAST_RATIO);
    Path inputs = Files.createTempDirectory("vl4j-fp8");
    try (Towers bf16 = open(subject, Precision.BF16, inputs)) {
      if (bf16.backend().supports(OperandFormat.FP8) == Support.NONE) {
        table.add(what, bar, "no products in fp8 here", Verdict.NOT_MEASURED);
        return;
      }
      try (Towers fp8 = open(subject, Precision.FP8, inputs)) {
        String sizes = options.string("text", "32x512");
        String name = writeInput(sizes, bf16, inputs);
        Towers.Case slow = bf16.prepare(name);
        Towers.Case fast = fp8.prepare(name);
        for (int i = 0; i < WARM; i++) {
          List<float[]> _ = slow.run(false);
          List<float[]> _ = fast.run(false);
        }
        double cosine = cosine(slow.run(true).getFirst(), fast.run(true).getFirst());
        table.add(
            what + ", cosine with bf16",
            ">= %.2f".formatted(LEAST_COSINE),
            "%.5f".formatted(cosine),
            Verdict.required(cosine >= LEAST_COSINE));
        measure(options, what, bar, slow, fast, table);
      }
    }
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static Towers open(Subject subject, Precision precision, Path inputs) {
    Towers towers =
        Towers.open(
            ModelDirectory.open(subject.model()),
            subject.backend(),
            subject.threads(),
            precision,
            CachingOptions.DEFAULT.withTrimmedLastLayer(false),
            inputs);
    System.out.printf("vl4j: %s on %s%n", precision, towers.backend().description());
    return towers;
  }

  /** Random tokens; returns the case's name. */
  private static String writeInput(String sizes, Towers towers, Path inputs) throws IOException {
    String[] both = sizes.split("x", -1);
    int count = Integer.parseInt(both[0]) * Integer.parseInt(both[1]);
    Random random = new Random(sizes.hashCode());
    ByteBuffer ids = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      ids.putInt(random.nextInt(towers.config().text().vocabularySize()));
    }
    String name = "text-" + sizes;
    Files.write(inputs.resolve(name + ".in"), ids.array());
    return name;
  }

  private static void measure(
      Arguments options,
      String what,
      String bar,
      Towers.Case slow,
      Towers.Case fast,
      ResultTable table) {
    int rounds = options.integer("rounds", 7);
    double[] bf16 = new double[rounds];
    double[] fp8 = new double[rounds];
    double[] ratios = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      bf16[i] = Timing.seconds(() -> slow.run(false));
      fp8[i] = Timing.seconds(() -> fast.run(false));
      ratios[i] = bf16[i] / fp8[i];
    }
    double ratio = Timing.median(ratios);
    table.add(
        what,
        bar,
        "%.1f ms, bf16 %.1f ms, %.2fx"
            .formatted(1e3 * Timing.median(fp8), 1e3 * Timing.median(bf16), ratio),
        Verdict.of(options.has("bars"), ratio >= LEAST_RATIO));
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }
}
