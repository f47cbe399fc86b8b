package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.TokenBudget;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The two towers and the head: from prompts to logits. For one thread at a time. Owns its backend
 * and the mapped checkpoint.
 */
public final class RerankModel implements AutoCloseable {
  private static final TokenBudget TOKENS = new TokenBudget(4096);

  private final Qwen3VlConfig config;
  private final Backend backend;
  private final Checkpoint checkpoint;
  private final ResolvedPrecision precision;
  private final @Nullable PackedWeights packed;
  private final WeightStore weights;
  private final VisionTower vision;
  private final TextTower text;
  private final ScoreHead head;
  private TokenBudget budget = TOKENS;

  /** Prepares all weights, from the checkpoint alone. */
  public RerankModel(
      Qwen3VlConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      int yes,
      int no) {
    this(config, directory, backend, wanted, yes, no, null);
  }

  /**
   * Prepares all weights.
   *
   * @param backend closed with the model, or if this fails
   * @param yes token id that speaks for relevance
   * @param no token id that speaks against it
   * @param packedCache directory of prepared weights from earlier times, or null to have none
   * @throws ModelException if the checkpoint does not fit the configuration
   */
  public RerankModel(
      Qwen3VlConfig config,
      ModelDirectory directory,
      Backend backend,
      Precision wanted,
      int yes,
      int no,
      @Nullable Path packedCache) {
    this.config = config;
    this.backend = backend;
    Checkpoint opened = null;
    PackedWeights found = null;
    boolean ready = false;
    try {
      opened = directory.openCheckpoint();
      checkpoint = opened;
      precision = ResolvedPrecision.of(wanted, checkpoint, config.quantization(), backend);
      if (packedCache != null) {
        found = PackedWeights.open(packedCache, checkpoint, backend, precision);
      }
      packed = found;
      Equalisation equalisation =
          precision.ordinary() == OperandFormat.INT8
              ? Equalisation.of(config, checkpoint)
              : Equalisation.none(checkpoint);
      weights =
          new WeightStore(checkpoint, backend, precision, config.quantization(), equalisation);
      head = new ScoreHead(config, weights, yes, no);
      vision = new VisionTower(config.vision(), weights, backend);
      text = new TextTower(config.text(), weights, backend);
      if (packed != null) {
        packed.save();
      }
      ready = true;
    } finally {
      if (!ready) {
        backend.close();
        if (found != null) {
          found.close();
        }
        if (opened != null) {
          opened.close();
        }
      }
    }
  }

  /** The preprocessor for this model's images; {@code file} is its preprocessor_config.json. */
  public static ImagePreprocessor preprocessor(
      JsonFile file, Qwen3VlConfig config, PixelBudget budget) {
    return ImageSettings.preprocessor(file, config.vision(), budget);
  }

  /** In what precision its matrix products are computed. */
  public ResolvedPrecision precision() {
    return precision;
  }

  /** Tokens that an image of so many patches takes in a prompt. */
  public int tokens(Picture picture) {
    return picture.patches() / config.vision().patchesPerToken();
  }

  /** One logit for each prompt, the same whatever else is asked with it. */
  public double[] logits(List<PreparedPrompt> prompts) {
    int[] lengths = prompts.stream().mapToInt(prompt -> prompt.ids().length).toArray();
    double[] logits = new double[lengths.length];
    try (VisionPass pass = new VisionPass(vision, config.vision().patchesPerToken())) {
      // Shared images go first and apart, so that their pack holds none that could be given back.
      pass.encode(shared(prompts));
      for (TokenBudget.Group group : budget.groups(lengths)) {
        List<PreparedPrompt> together = prompts.subList(group.from(), group.to());
        pass.encode(pictures(together));
        try (Tensor hidden = text.forward(pack(together, pass))) {
          double[] found = head.logits(backend.download(hidden));
          System.arraycopy(found, 0, logits, group.from(), found.length);
        }
        pass.keepOnly(pictures(prompts.subList(group.to(), prompts.size())));
      }
    }
    return logits;
  }

  private static Set<Picture> shared(List<PreparedPrompt> prompts) {
    Map<Picture, Integer> uses = new HashMap<>();
    for (PreparedPrompt prompt : prompts) {
      new HashSet<>(prompt.pictures()).forEach(picture -> uses.merge(picture, 1, Integer::sum));
    }
    uses.values().removeIf(count -> count == 1);
    return uses.keySet();
  }

  private static List<Picture> pictures(List<PreparedPrompt> prompts) {
    return prompts.stream().flatMap(prompt -> prompt.pictures().stream()).toList();
  }

  private TextBatch pack(List<PreparedPrompt> prompts, VisionPass pass) {
    int total = prompts.stream().mapToInt(prompt -> prompt.ids().length).sum();
    int[] ids = new int[total];
    int[][] positions = new int[3][total];
    List<Segment> segments = new ArrayList<>();
    List<TextBatch.PlacedImage> images = new ArrayList<>();
    int start = 0;
    for (PreparedPrompt prompt : prompts) {
      int length = prompt.ids().length;
      System.arraycopy(prompt.ids(), 0, ids, start, length);
      int[][] grids = new int[prompt.pictures().size()][];
      for (int i = 0; i < grids.length; i++) {
        Picture picture = prompt.pictures().get(i);
        grids[i] = picture.tokenGrid(config.vision().mergeSize());
        VisionPass.Place place = pass.place(picture);
        images.add(
            new TextBatch.PlacedImage(
                place.features(), place.from(), start + prompt.imageStarts()[i], tokens(picture)));
      }
      int[][] own = Positions.ofPrompt(length, prompt.imageStarts(), grids);
      for (int axis = 0; axis < 3; axis++) {
        System.arraycopy(own[axis], 0, positions[axis], start, length);
      }
      segments.add(Segment.causalRoot(start, length));
      start += length;
    }
    return new TextBatch(ids, positions, List.copyOf(segments), List.copyOf(images));
  }

  /** The vision tower alone, for measurements. */
  public VisionTower vision() {
    return vision;
  }

  /** The text tower alone, for measurements. */
  public TextTower text() {
    return text;
  }

  /** What the towers compute on; their outputs are in its memory. */
  public Backend backend() {
    return backend;
  }

  /** For tests: another way of grouping prompts. */
  void setBudget(TokenBudget budget) {
    this.budget = budget;
  }

  void observe(@Nullable LayerObserver observer) {
    vision.observer = observer;
    text.observer = observer;
  }

  @Override
  public void close() {
    weights.close();
    backend.close();
    if (packed != null) {
      packed.close();
    }
    checkpoint.close();
  }
}
