package dev.vl4j.engine.model.tower;

import static dev.vl4j.kernels.Epilogue.bias;
import static dev.vl4j.kernels.Epilogue.biasAndResidual;
import static dev.vl4j.kernels.Epilogue.residual;

import dev.vl4j.engine.model.config.VisionConfig;
import dev.vl4j.engine.model.weights.WeightScope;
import dev.vl4j.engine.model.weights.WeightStore.Part;
import dev.vl4j.engine.model.weights.WeightStore.PatchShape;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From patches to visual tokens: a vision transformer whose patches attend to their whole image, or
 * to both frames of their slice of a video, and mergers that turn each block of patches into one
 * token of the language model's width.
 */
public final class VisionTower implements ImageEncoder {
  private static final float EPSILON = 1e-6f;

  private record Affine(Linear weight, Tensor bias) {}

  private record Norm(Tensor weight, Tensor bias) {}

  private record Block(
      Norm attentionNorm,
      Affine queryKeyValue,
      Affine output,
      Norm mlpNorm,
      Affine up,
      Affine down) {}

  private record Merger(boolean afterShuffle, Norm norm, Affine up, Affine down) {}

  private final VisionConfig config;
  private final Backend backend;
  private final AttentionShape attention;
  private final RotaryEmbedding rotary;
  private final Affine stillPatchEmbedding;
  private final List<Linear> framePatchEmbeddings = new ArrayList<>(); // of each frame of a patch
  private final RowTable positionEmbedding;
  private final List<Block> blocks = new ArrayList<>();
  private final List<Merger> deepStackMergers = new ArrayList<>();
  private final Merger merger;
  private @Nullable LayerObserver observer;

  /**
   * @param weights those of the vision tower
   */
  public VisionTower(VisionConfig config, WeightScope weights, Backend backend) {
    this.config = config;
    this.backend = backend;
    int headSize = config.headSize();
    attention =
        new AttentionShape(
            config.heads(),
            config.heads(),
            headSize,
            (float) (1 / Math.sqrt(headSize)),
            weights.attentionOperands());
    rotary = config.rotaryEmbedding();
    int hidden = config.hiddenSize();
    PatchShape patch =
        new PatchShape(hidden, config.channels(), config.temporalPatchSize(), config.patchSize());
    stillPatchEmbedding =
        new Affine(
            weights.stillPatchLinear("patch_embed.proj.weight", patch),
            weights.vector("patch_embed.proj.bias", hidden));
    for (int frame = 0; frame < config.temporalPatchSize(); frame++) {
      framePatchEmbeddings.add(weights.framePatchLinear("patch_embed.proj.weight", patch, frame));
    }
    int side = config.positionGridSide();
    positionEmbedding = weights.table("pos_embed.weight", side * side, hidden);
    for (int i = 0; i < config.depth(); i++) {
      WeightScope block = weights.within("blocks." + i + ".");
      blocks.add(
          new Block(
              norm(block, "norm1", hidden),
              affine(block, "attn.qkv", hidden, 3 * hidden),
              affine(block, "attn.proj", hidden, hidden),
              norm(block, "norm2", hidden),
              affine(block, "mlp.linear_fc1", hidden, config.intermediateSize()),
              affine(block, "mlp.linear_fc2", config.intermediateSize(), hidden)));
    }
    for (int i = 0; i < config.deepStackBlocks().length; i++) {
      deepStackMergers.add(merger(weights, "deepstack_merger_list." + i, true));
    }
    merger = merger(weights, "merger", false);
  }

  private static Norm norm(WeightScope weights, String name, int size) {
    return new Norm(weights.vector(name + ".weight", size), weights.vector(name + ".bias", size));
  }

  private static Affine affine(WeightScope weights, String name, int in, int out) {
    return new Affine(
        weights.linear(in, new Part(name + ".weight", out)), weights.vector(name + ".bias", out));
  }

  private Merger merger(WeightScope weights, String name, boolean afterShuffle) {
    int merged = config.mergedSize();
    return new Merger(
        afterShuffle,
        norm(weights, name + ".norm", afterShuffle ? merged : config.hiddenSize()),
        affine(weights, name + ".linear_fc1", merged, merged),
        affine(weights, name + ".linear_fc2", merged, config.outHiddenSize()));
  }

  /** Of every block. */
  public AttentionShape attention() {
    return attention;
  }

  /** Sees the blocks' outputs from now on; null for nobody. */
  public void observe(@Nullable LayerObserver observer) {
    this.observer = observer;
  }

  /** Looks at the check before each block. */
  @Override
  public List<VisualFeatures> encode(List<ImagePatches> images, Runnable check) {
    List<VisualFeatures> features = new ArrayList<>();
    boolean done = false;
    try (Forward forward = backend.begin()) {
      for (ImagePatches image : images) {
        features.add(features(image.count() / config.patchesPerToken()));
      }
      encode(forward, images, features, check);
      done = true;
      return features;
    } finally {
      if (!done) {
        features.forEach(VisualFeatures::close);
      }
    }
  }

  private VisualFeatures features(int tokens) {
    List<OwnedTensor> tensors = new ArrayList<>();
    boolean done = false;
    try {
      for (int i = 0; i <= deepStackMergers.size(); i++) {
        tensors.add(backend.tensor(tokens, config.outHiddenSize()));
      }
      done = true;
      return new VisualFeatures(
          tensors.getFirst(), List.copyOf(tensors.subList(1, tensors.size())));
    } finally {
      if (!done) {
        tensors.forEach(OwnedTensor::close);
      }
    }
  }

  private void encode(
      Forward forward, List<ImagePatches> images, List<VisualFeatures> features, Runnable check) {
    int rows = images.stream().mapToInt(ImagePatches::count).sum();
    int width = config.hiddenSize();
    List<Segment> segments = new ArrayList<>();
    PositionGrid grid = PositionGrid.of(rows);
    Rotary angles = layOut(forward, images, rows, segments, grid);
    AttentionPlan plan = forward.attention(attention, segments);
    Tensor hidden = forward.tensor(rows, width);
    Tensor middle = forward.tensor(rows, width);
    Tensor projected = forward.tensor(rows, 3 * width);
    Operand queries = forward.queries(rows, attention);
    OperandPool normed = new OperandPool(forward, rows);
    OperandPool attended = new OperandPool(forward, rows);
    OperandPool up = new OperandPool(forward, rows);
    embed(forward, images, projected, middle, hidden);
    forward.addInterpolated(
        positionEmbedding, forward.indices(grid.rows()), grid.weights(), PositionGrid.TAPS, hidden);
    observe("vision.input", forward, hidden);
    OperandPool mergerUp = new OperandPool(forward, rows / config.patchesPerToken());
    int merged = 0;
    for (int i = 0; i < blocks.size(); i++) {
      check.run();
      Block block = blocks.get(i);
      Operand input = normed.of(block.queryKeyValue.weight);
      layerNorm(forward, hidden, block.attentionNorm, input);
      linear(forward, input, block.queryKeyValue, Activation.NONE, projected);
      forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, angles, plan, 0, queries);
      Operand context = attended.of(block.output.weight);
      forward.attention(queries, plan, 0, context);
      addLinear(forward, context, block.output, hidden, middle);
      Operand mlpInput = normed.of(block.up.weight);
      layerNorm(forward, middle, block.mlpNorm, mlpInput);
      Operand inner = up.of(block.down.weight);
      linear(forward, mlpInput, block.up, config.activation(), inner);
      addLinear(forward, inner, block.down, middle, hidden);
      observe("vision.block" + i, forward, hidden);
      if (merged < deepStackMergers.size() && config.deepStackBlocks()[merged] == i) {
        int tap = merged++;
        merge(
            forward,
            hidden,
            deepStackMergers.get(tap),
            middle,
            mergerUp,
            features.stream().map(image -> image.deepStack().get(tap)).toList());
      }
    }
    merge(
        forward,
        hidden,
        merger,
        middle,
        mergerUp,
        features.stream().map(VisualFeatures::embeddings).toList());
  }

  /** Fills in the images' segments and position taps; gives their rotary angles. */
  private Rotary layOut(
      Forward forward,
      List<ImagePatches> images,
      int rows,
      List<Segment> segments,
      PositionGrid grid) {
    KeyValues keyValues = forward.keyValues(attention, rows);
    int[][] all = new int[2][rows];
    int start = 0;
    for (ImagePatches image : images) {
      int[][] positions =
          Positions.ofPatches(image.gridHeight(), image.gridWidth(), config.mergeSize());
      for (int axis = 0; axis < all.length; axis++) {
        System.arraycopy(positions[axis], 0, all[axis], start, image.count());
      }
      grid.put(positions, image.gridHeight(), image.gridWidth(), config.positionGridSide(), start);
      segments.add(Segment.computed(keyValues, start, image.count(), Segment.ROOT, false));
      start += image.count();
    }
    return forward.rotary(rotary, all);
  }

  /**
   * A patch of a still image is one frame, which the weights read as all of its frames; the two
   * frames of a slice of a video have weights of their own.
   *
   * @param scratch [patches, columns], undefined afterwards; patches are put there if it is wide
   *     enough
   * @param between [patches, hidden], undefined afterwards
   */
  private void embed(
      Forward forward, List<ImagePatches> images, Tensor scratch, Tensor between, Tensor hidden) {
    int values = config.framePatchValues();
    Tensor patches =
        values <= scratch.columns()
            ? scratch.columns(0, values)
            : forward.tensor(hidden.rows(), values);
    for (int from = 0, start = 0; from < images.size(); ) {
      boolean still = !(images.get(from) instanceof ImagePatches.Pair);
      int to = from;
      int end = start;
      while (to < images.size() && still != images.get(to) instanceof ImagePatches.Pair) {
        end += images.get(to++).count();
      }
      Tensor rows = patches.rows(start, end);
      List<ImagePatches> alike = images.subList(from, to);
      if (still) {
        upload(forward, alike, 0, rows);
        linear(forward, rows, stillPatchEmbedding, Activation.NONE, hidden.rows(start, end));
      } else {
        Tensor sum = between.rows(start, end);
        upload(forward, alike, 0, rows);
        forward.linear(rows, framePatchEmbeddings.getFirst(), bias(stillPatchEmbedding.bias), sum);
        upload(forward, alike, 1, rows);
        forward.linear(
            rows, framePatchEmbeddings.getLast(), residual(sum), hidden.rows(start, end));
      }
      from = to;
      start = end;
    }
  }

  /**
   * @param frame of those images that have two
   */
  private static void upload(
      Forward forward, List<ImagePatches> images, int frame, Tensor patches) {
    int start = 0;
    for (ImagePatches image : images) {
      Tensor to = patches.rows(start, start + image.count());
      switch (image) {
        case ImagePatches.Samples samples -> upload(forward, samples, to);
        case ImagePatches.Pair pair ->
            upload(forward, frame == 0 ? pair.first() : pair.second(), to);
        case ImagePatches.Values floats -> forward.upload(floats.values(), to);
      }
      start += image.count();
    }
  }

  private static void upload(Forward forward, ImagePatches.Samples samples, Tensor to) {
    forward.upload(samples.samples(), samples.normalized(), to);
  }

  /**
   * From patches to tokens.
   *
   * @param hidden [patches, hidden]
   * @param normed [patches, hidden], scratch
   * @param ups operands of [tokens, merged]
   * @param out of each image, [tokens, outHidden]
   */
  private void merge(
      Forward forward,
      Tensor hidden,
      Merger merger,
      Tensor normed,
      OperandPool ups,
      List<OwnedTensor> out) {
    int tokens = hidden.rows() / config.patchesPerToken();
    int merged = config.mergedSize();
    Tensor blocks = normed.reshape(tokens, merged);
    if (merger.afterShuffle) {
      layerNorm(forward, hidden.reshape(tokens, merged), merger.norm, blocks);
    } else {
      layerNorm(forward, hidden, merger.norm, normed);
    }
    Operand up = ups.of(merger.down.weight);
    linear(forward, blocks, merger.up, Activation.GELU_ERF, up);
    if (out.size() == 1) {
      linear(forward, up, merger.down, Activation.NONE, out.getFirst());
      return;
    }
    Tensor all = forward.tensor(tokens, config.outHiddenSize());
    linear(forward, up, merger.down, Activation.NONE, all);
    int start = 0;
    for (OwnedTensor image : out) {
      forward.copy(all.rows(start, start + image.rows()), image);
      start += image.rows();
    }
  }

  private static void layerNorm(Forward forward, Tensor x, Norm norm, Operand out) {
    forward.layerNorm(x, norm.weight, norm.bias, EPSILON, out);
  }

  private static void linear(
      Forward forward, Operand x, Affine affine, Activation activation, Operand out) {
    forward.linear(x, affine.weight, bias(affine.bias, activation), out);
  }

  private static void addLinear(
      Forward forward, Operand x, Affine affine, Tensor residual, Tensor out) {
    forward.linear(x, affine.weight, biasAndResidual(affine.bias, residual), out);
  }

  private void observe(String stage, Forward forward, Tensor hidden) {
    if (observer != null) {
      observer.observe(stage, forward, hidden);
    }
  }
}
