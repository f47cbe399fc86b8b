package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.bench.Towers;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.model.config.TextConfig;
import dev.vl4j.engine.model.config.VisionConfig;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.loader.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whole towers on inputs that are ready, in turn with PyTorch's on the same device: the text tower
 * as a share of the rate of one large product, the vision tower beside Hugging Face's.
 */
public final class TowerSpeed {
  private static final Pattern SIZES = Pattern.compile("(\\d+)x(\\d+)");
  private static final int WARM = 4;

  /** Of the rate of a large product. */
  private static final double TEXT_SHARE = 0.70;

  private static final double LEAST_COSINE = 0.99;

  /**
   * What the vision tower is to be faster by, for an image's side in pixels.
   *
   * @param eager than Hugging Face's
   * @param compiled than the same, compiled
   */
  private record VisionBar(int side, double eager, double compiled) {}

  private static final List<VisionBar> VISION =
      List.of(new VisionBar(1024, 1.7, 1.3), new VisionBar(512, 2.4, 1.3));

  private final Subject subject;
  private final Towers ours;
  private final Path inputs;
  private final int rounds;
  private final boolean bars;
  private final ResultTable table;

  private TowerSpeed(
      Subject subject, Towers ours, Path inputs, int rounds, boolean bars, ResultTable table) {
    this.subject = subject;
    this.ours = ours;
    this.inputs = inputs;
    this.rounds = rounds;
    this.bars = bars;
    this.table = table;
  }

  /**
   * Options: those of {@link Subject}, {@code --rounds} (7), {@code --product} (8192) rows, columns
   * and depth of the product, {@code --text BxT} (32x512) prompts and tokens, {@code --images}
   * (16), {@code --sides} (1024,512) in pixels; the flag {@code --bars} if these are the sizes that
   * the bars are for. The exit code is 1 if the towers compute something else than PyTorch's.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(List.of("rounds", "product", "text", "images", "sides", "dtype"));
    Arguments options = new Arguments(Set.of("bars"), arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    Path inputs = Files.createTempDirectory("vl4j-towers");
    ResultTable table = new ResultTable(options.path("table"));
    // With a last layer that is computed in full, so that the operations are those of the tower.
    try (Towers towers =
            Towers.open(
                ModelDirectory.open(subject.model()),
                subject.backend(),
                subject.threads(),
                options.precision(),
                CachingOptions.DEFAULT.withTrimmedLastLayer(false),
                inputs);
        PyTorch eager = worker(subject, inputs);
        PyTorch compiled = worker(subject, inputs, "--compiled")) {
      System.out.println("vl4j: " + towers.backend().description());
      TowerSpeed speed =
          new TowerSpeed(
              subject, towers, inputs, options.integer("rounds", 7), options.has("bars"), table);
      int product = options.integer("product", 8192);
      double rate = speed.rate(product, OperandFormat.valueOf(options.precision().name()), eager);
      speed.text(options.string("text", "32x512"), rate, product, eager, compiled);
      for (String side : options.string("sides", "1024,512").split(",", -1)) {
        speed.vision(options.integer("images", 16), Integer.parseInt(side), eager, compiled);
      }
    }
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static @Nullable PyTorch worker(Subject subject, Path inputs, String... further) {
    List<String> words = new ArrayList<>(List.of("--inputs", inputs.toString()));
    words.addAll(List.of(further));
    String name = "PyTorch" + (further.length == 0 ? "" : ", compiled");
    return subject.pytorch(name, "tower_worker.py", words.toArray(String[]::new)).orElse(null);
  }

  /** Operations a second of a product of bfloat16 with nothing around it: the faster side's. */
  private double rate(int size, OperandFormat format, @Nullable PyTorch theirs) {
    double operations = 2.0 * size * size * size;
    double[] own = new double[rounds];
    double[] peer = new double[rounds];
    try (LargeProduct product = new LargeProduct(ours.backend(), size, format)) {
      String asked = "time product-%dx%d".formatted(size, size);
      for (int i = 0; i < rounds; i++) {
        own[i] = product.seconds();
        peer[i] = theirs == null ? Double.NaN : Double.parseDouble(theirs.ask(asked));
      }
    }
    double ourRate = operations / Timing.median(own);
    double theirRate = theirs == null ? 0 : operations / Timing.median(peer);
    table.add(
        "product of %d^3, %s".formatted(size, format),
        "",
        teraflops(ourRate),
        theirs == null ? "" : teraflops(theirRate),
        theirs == null ? "" : "%.2f".formatted(ourRate / theirRate),
        Verdict.FIGURE);
    return Math.max(ourRate, theirRate);
  }

  private void text(
      String sizes, double rate, int product, @Nullable PyTorch eager, @Nullable PyTorch compiled) {
    Matcher matcher = SIZES.matcher(sizes);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("--text: expected BxT, found \"%s\"".formatted(sizes));
    }
    int prompts = Integer.parseInt(matcher.group(1));
    int tokens = Integer.parseInt(matcher.group(2));
    TextConfig text = ours.config().text();
    Random random = new Random(sizes.hashCode());
    byte[] input = new byte[prompts * tokens * Integer.BYTES];
    ByteBuffer ids = littleEndian(input);
    for (int i = 0; i < prompts * tokens; i++) {
      ids.putInt(random.nextInt(text.vocabularySize()));
    }
    String name = "text-" + sizes;
    Rounds measured = measure(name, input, eager, compiled);
    double seconds = measured.ours();
    double share = Operations.ofText(text, prompts, tokens) / seconds / rate;
    table.add(
        "%s text tower whole, %d packed tokens, share of the product of %d^3"
            .formatted(subject.label(), prompts * tokens, product),
        ">= %.0f %%".formatted(100 * TEXT_SHARE),
        "%.1f ms, %.0f tokens/s, %.1f %%"
            .formatted(1e3 * seconds, prompts * tokens / seconds, 100 * share),
        measured.theirs(),
        measured.ratios(),
        Verdict.of(bars, share >= TEXT_SHARE));
  }

  private void vision(int images, int side, @Nullable PyTorch eager, @Nullable PyTorch compiled) {
    VisionConfig vision = ours.config().vision().orElseThrow();
    int patches = (side / vision.patchSize()) * (side / vision.patchSize());
    Random random = new Random(side);
    float[] frame = new float[vision.patchSize() * vision.patchSize()];
    byte[] input =
        new byte[patches * vision.channels() * vision.temporalPatchSize() * frame.length * 4];
    ByteBuffer values = littleEndian(input);
    for (int channel = 0; channel < patches * vision.channels(); channel++) {
      for (int i = 0; i < frame.length; i++) {
        frame[i] = 2 * random.nextFloat() - 1;
      }
      // A still image: every frame is the same.
      for (int repeated = 0; repeated < vision.temporalPatchSize(); repeated++) {
        for (float value : frame) {
          values.putFloat(value);
        }
      }
    }
    Rounds measured = measure("images-%dx%d".formatted(images, side), input, eager, compiled);
    VisionBar bar =
        VISION.stream().filter(each -> each.side == side).findFirst().orElse(VISION.getFirst());
    table.add(
        "%d images of %d x %d, vision tower whole".formatted(images, side, side),
        ">= %.1fx Hugging Face, >= %.1fx compiled".formatted(bar.eager, bar.compiled),
        "%.1f ms".formatted(1e3 * measured.ours()),
        measured.theirs(),
        measured.ratios(),
        judge(measured, bar));
  }

  /** A bar that is missed counts, also where the other was not measured. */
  private Verdict judge(Rounds measured, VisionBar bar) {
    if (measured.ratio(measured.eager) < bar.eager
        || measured.ratio(measured.compiled) < bar.compiled) {
      return Verdict.of(bars, false);
    }
    return measured.eager == null || measured.compiled == null
        ? Verdict.NOT_MEASURED
        : Verdict.of(bars, true);
  }

  /**
   * Seconds of each round.
   *
   * @param eager null if it was not there or failed, as {@code compiled}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Rounds(double[] own, double @Nullable [] eager, double @Nullable [] compiled) {
    double ours() {
      return Timing.median(own);
    }

    /** The median of the rounds' ratios; NaN without a peer. */
    double ratio(double @Nullable [] peer) {
      if (peer == null) {
        return Double.NaN;
      }
      double[] ratios = new double[own.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = peer[i] / own[i];
      }
      return Timing.median(ratios);
    }

    String theirs() {
      return words(eager, compiled, peer -> "%.1f ms".formatted(1e3 * Timing.median(peer)));
    }

    String ratios() {
      return words(eager, compiled, peer -> "%.2f".formatted(ratio(peer)));
    }

    private static String words(
        double @Nullable [] eager, double @Nullable [] compiled, Function<double[], String> word) {
      return (eager == null ? "" : word.apply(eager))
          + (compiled == null ? "" : ", compiled " + word.apply(compiled));
    }
  }

  private Rounds measure(
      String name, byte[] input, @Nullable PyTorch eager, @Nullable PyTorch compiled) {
    try {
      Files.write(inputs.resolve(name + ".in"), input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Towers.Case own = ours.prepare(name);
    for (int i = 0; i < WARM; i++) {
      List<float[]> _ = own.run(false);
    }
    requireSame(name, own, eager);
    double @Nullable [] eagerSeconds = eager == null ? null : new double[rounds];
    double @Nullable [] compiledSeconds = isReady(compiled, name) ? new double[rounds] : null;
    double[] seconds = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      seconds[i] = Timing.seconds(() -> own.run(false));
      if (eager != null && eagerSeconds != null) {
        eagerSeconds[i] = Double.parseDouble(eager.ask("time " + name));
      }
      if (compiled != null && compiledSeconds != null) {
        compiledSeconds[i] = Double.parseDouble(compiled.ask("time " + name));
      }
    }
    return new Rounds(seconds, eagerSeconds, compiledSeconds);
  }

  /** Whether compiled layers run this case: a compiler may fail. */
  private static boolean isReady(@Nullable PyTorch compiled, String name) {
    if (compiled == null) {
      return false;
    }
    try {
      String _ = compiled.ask("time " + name);
      return true;
    } catch (UncheckedIOException e) {
      System.out.printf("PyTorch, compiled: %s: %s%n", name, e.getMessage());
      return false;
    }
  }

  /** A figure for something else than what PyTorch computes is none. */
  private void requireSame(String name, Towers.Case own, @Nullable PyTorch theirs) {
    if (theirs == null) {
      return;
    }
    Path file = inputs.resolve(name + ".out");
    String _ = theirs.ask("save %s %s".formatted(name, file));
    double cosine = Cosine.between(own.run(true), file);
    System.out.printf("%s: cosine with PyTorch %.5f%n", name, cosine);
    if (!(cosine >= LEAST_COSINE)) {
      table.add(
          name + ", cosine with PyTorch",
          ">= %.2f".formatted(LEAST_COSINE),
          "%.5f".formatted(cosine),
          Verdict.WRONG);
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String teraflops(double rate) {
    return "%.1f TFLOP/s".formatted(rate / 1e12);
  }
}
