package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ProcessMemory;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The vector of a clip, from JPEG files of its frames, in turn with PyTorch on the same device.
 * Each round has a clip that nobody has seen. {@code RandomCheckpoint --embedder} writes a model
 * for it.
 */
public final class VideoSpeed {
  private static final double FASTER = 1.5;

  /** A figure for something else than what PyTorch computes is none. */
  private static final double LEAST_COSINE = 0.99;

  private VideoSpeed() {}

  /**
   * Options: those of {@link Subject}, {@code --dtype}, {@code --pytorch-dtype} (bf16), or f32
   * where the processor has no bfloat16, {@code --rounds} (2), {@code --frames} (60) of {@code
   * --width} (640) by {@code --height} (360) pixels; the flag {@code --bars} if these are the sizes
   * that the bar is for. The exit code is 1 if vectors are others than PyTorch's.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(List.of("dtype", "pytorch-dtype", "rounds", "frames", "width", "height"));
    Arguments options = new Arguments(Set.of("bars"), arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    String theirDtype = options.string("pytorch-dtype", "bf16");
    int rounds = options.integer("rounds", 2);
    int count = options.integer("frames", 60);
    int width = options.integer("width", 640);
    int height = options.integer("height", 360);
    Path folder = Files.createTempDirectory("vl4j-video");
    ResultTable table = new ResultTable(options.path("table"));
    EmbedderOptions opened =
        EmbedderOptions.DEFAULT.withModel(subject.options(options.precision()));
    double[] own = new double[rounds];
    double[] theirs = new double[rounds];
    double[] ratios = new double[rounds];
    double cosine = 1;
    long theirPeak = 0;
    try (Embedder embedder = Embedder.open(subject.model(), opened);
        PyTorch pytorch =
            subject.pytorch("PyTorch", "video_worker.py", "--dtype", theirDtype).orElse(null)) {
      System.out.printf("vl4j: %s on %s%n", embedder.precision(), embedder.devices());
      List<Path> warm = draw(folder, "warm", count, width, height);
      ours(embedder, warm);
      if (pytorch != null) {
        System.out.println("PyTorch: " + pytorch.ask("warm " + listed(folder, warm)));
      }
      for (int i = 0; i < rounds; i++) {
        List<Path> clip = draw(folder, "clip" + i, count, width, height);
        long start = System.nanoTime();
        Embeddings answer = ours(embedder, clip);
        own[i] = (System.nanoTime() - start) / 1e9;
        int tokens = answer.embeddings().getFirst().promptTokens();
        if (pytorch != null) {
          JsonNode other =
              JsonMapper.shared().readTree(pytorch.ask("embed " + listed(folder, clip)));
          theirs[i] = other.path("seconds").asDouble();
          ratios[i] = theirs[i] / own[i];
          theirPeak = other.path("peak").asLong();
          cosine =
              Math.min(
                  cosine,
                  Cosine.between(
                      answer.vectors().getFirst(), PyTorch.floats(other.path("vector"))));
          if (tokens != other.path("tokens").asInt()) {
            throw new IllegalStateException(
                "%d tokens, but PyTorch has %s".formatted(tokens, other.path("tokens")));
          }
        }
        System.out.printf("round %d: %d tokens, %.1f s and %.1f s%n", i, tokens, own[i], theirs[i]);
      }
      table.add(
          "%s, a clip of %d frames of %d x %d, to its vector"
              .formatted(subject.label(), count, width, height),
          ">= %.1fx".formatted(FASTER),
          "%.1f s".formatted(Timing.median(own)),
          pytorch == null ? "" : "%.1f s".formatted(Timing.median(theirs)),
          pytorch == null ? "" : "%.2f".formatted(Timing.median(ratios)),
          pytorch == null
              ? Verdict.NOT_MEASURED
              : Verdict.of(options.has("bars"), Timing.median(ratios) >= FASTER));
      if (!(cosine >= LEAST_COSINE)) {
        table.add(
            "least cosine to PyTorch's vectors",
            ">= " + LEAST_COSINE,
            "%.4f".formatted(cosine),
            Verdict.WRONG);
      }
      System.out.printf(
          "least cosine to PyTorch's vectors %.5f; peak memory %.2f GB, PyTorch's %.2f GB%n",
          cosine, ProcessMemory.ofThisProcess().peak() / 1e9, theirPeak / 1e9);
    }
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static Embeddings ours(Embedder embedder, List<Path> files) {
    List<ImageSource> frames = new ArrayList<>();
    files.forEach(file -> frames.add(new ImageSource.File(file)));
    return embedder.submit(EmbedRequest.of(List.of(Content.of(Part.video(frames))))).join();
  }

  private static Path listed(Path folder, List<Path> files) throws IOException {
    Path list = folder.resolve(files.getFirst().getFileName() + ".json");
    Files.writeString(
        list, JsonMapper.shared().writeValueAsString(files.stream().map(Path::toString).toList()));
    return list;
  }

  /** A circle that moves over noise. */
  private static List<Path> draw(Path folder, String name, int count, int width, int height)
      throws IOException {
    Random random = new Random(name.hashCode());
    List<Path> files = new ArrayList<>();
    for (int frame = 0; frame < count; frame++) {
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          image.setRGB(
              x, y, (x * 255 / width) << 16 | (y * 255 / height) << 8 | random.nextInt(64));
        }
      }
      Graphics2D graphics = image.createGraphics();
      graphics.setColor(Color.RED);
      graphics.fillOval(frame * (width - 100) / count, height / 3, 100, 100);
      graphics.dispose();
      Path file = folder.resolve("%s-%d.jpg".formatted(name, frame));
      if (!ImageIO.write(image, "jpeg", file.toFile())) {
        throw new IOException("this Java writes no JPEG files");
      }
      files.add(file);
    }
    return files;
  }
}
