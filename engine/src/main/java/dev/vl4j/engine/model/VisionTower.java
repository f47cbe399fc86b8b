package dev.vl4j.engine.model;

import static dev.vl4j.kernels.Epilogue.bias;
import static dev.vl4j.kernels.Epilogue.biasAndResidual;

import dev.vl4j.engine.model.WeightStore.Part;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From patches to visual tokens: a vision transformer whose patches attend to their whole image,
 * and mergers that turn each block of patches into one token of the language model's width.
 */
public final class VisionTower {
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

  private final Qwen3VlConfig.Vision config;
  private final Backend backend;
  private final AttentionShape attention;
  private final Affine stillPatchEmbedding;
  private final RowTable positionEmbedding;
  private final List<Block> blocks = new ArrayList<>();
  private final List<Merger> deepStackMergers = new ArrayList<>();
  private final Merger merger;
  @Nullable LayerObserver observer;

  VisionTower(Qwen3VlConfig.Vision config, WeightStore weights, Backend backend) {
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
    int hidden = config.hiddenSize();
    String patch = "model.visual.patch_embed.proj";
    stillPatchEmbedding =
        new Affine(
            weights.stillPatchLinear(patch + ".weight", config),
            weights.vector(patch + ".bias", hidden));
    int side = config.positionGridSide();
    positionEmbedding = weights.table("model.visual.pos_embed.weight", side * side, hidden);
    for (int i = 0; i < config.depth(); i++) {
      String at = "model.visual.blocks." + i + ".";
      blocks.add(
          new Block(
              norm(weights, at + "norm1", hidden),
              affine(weights, at + "attn.qkv", hidden, 3 * hidden),
              affine(weights, at + "attn.proj", hidden, hidden),
              norm(weights, at + "norm2", hidden),
              affine(weights, at + "mlp.linear_fc1", hidden, config.intermediateSize()),
              affine(weights, at + "mlp.linear_fc2", config.intermediateSize(), hidden)));
    }
    for (int i = 0; i < config.deepStackBlocks().length; i++) {
      deepStackMergers.add(merger(weights, "model.visual.deepstack_merger_list." + i, true));
    }
    merger = merger(weights, "model.visual.merger", false);
  }

  private static Norm norm(WeightStore weights, String name, int size) {
    return new Norm(weights.vector(name + ".weight", size), weights.vector(name + ".bias", size));
  }

  private static Affine affine(WeightStore weights, String name, int in, int out) {
    return new Affine(
        weights.linear(in, new Part(name + ".weight", out)), weights.vector(name + ".bias", out));
  }

  private Merger merger(WeightStore weights, String name, boolean afterShuffle) {
    int merged = config.mergedSize();
    return new Merger(
        afterShuffle,
        norm(weights, name + ".norm", afterShuffle ? merged : config.hiddenSize()),
        affine(weights, name + ".linear_fc1", merged, merged),
        affine(weights, name + ".linear_fc2", merged, config.outHiddenSize()));
  }

  /**
   * Runs the tower over all images at once, and gives the features of each for itself.
   *
   * @param check is called before each block; what it throws ends the work
   */
  List<VisualFeatures> encode(List<ImagePatches> images, Runnable check) {
    VisualFeatures all = forward(images, check);
    if (images.size() == 1) {
      return List.of(all);
    }
    try (all) {
      List<VisualFeatures> each = new ArrayList<>();
      int from = 0;
      for (ImagePatches image : images) {
        int to = from + image.count() / config.patchesPerToken();
        List<Tensor> deepStack = new ArrayList<>();
        for (Tensor features : all.deepStack()) {
          deepStack.add(copy(features, from, to));
        }
        each.add(new VisualFeatures(copy(all.embeddings(), from, to), List.copyOf(deepStack)));
        from = to;
      }
      return each;
    }
  }

  private Tensor copy(Tensor from, int first, int end) {
    int rows = end - first;
    Tensor to = backend.allocate(rows, from.columns());
    backend.copyRows(from, Rows.run(first, rows), to, Rows.run(0, rows));
    return to;
  }

  /** Runs the tower over all images at once; none of them sees another. */
  public VisualFeatures forward(List<ImagePatches> images) {
    return forward(images, () -> {});
  }

  private VisualFeatures forward(List<ImagePatches> images, Runnable check) {
    int rows = images.stream().mapToInt(ImagePatches::count).sum();
    int width = config.hiddenSize();
    List<Segment> segments = new ArrayList<>();
    PositionGrid grid = PositionGrid.of(rows);
    List<Tensor> deepStack = new ArrayList<>();
    boolean done = false;
    try (Tensor hidden = backend.allocate(rows, width);
        Tensor middle = backend.allocate(rows, width);
        Tensor normed = backend.allocate(rows, width);
        Tensor queryKeyValue = backend.allocate(rows, 3 * width);
        Tensor attended = backend.allocate(rows, width);
        Tensor up = backend.allocate(rows, config.intermediateSize());
        Rotary rotary = layOut(images, rows, segments, grid)) {
      embed(images, segments, hidden);
      backend.addInterpolated(
          positionEmbedding, grid.rows(), grid.weights(), PositionGrid.TAPS, hidden);
      observe("vision.input", hidden);
      Tensor query = queryKeyValue.columns(0, width);
      Tensor key = queryKeyValue.columns(width, 2 * width);
      Tensor value = queryKeyValue.columns(2 * width, 3 * width);
      for (int i = 0; i < blocks.size(); i++) {
        check.run();
        Block block = blocks.get(i);
        layerNorm(hidden, block.attentionNorm, normed);
        linear(normed, block.queryKeyValue, Activation.NONE, queryKeyValue);
        backend.rotate(query, rotary.cosine(), rotary.sine());
        backend.rotate(key, rotary.cosine(), rotary.sine());
        backend.attention(query, key, value, attention, segments, attended);
        addLinear(attended, block.output, hidden, middle);
        layerNorm(middle, block.mlpNorm, normed);
        linear(normed, block.up, config.activation(), up);
        addLinear(up, block.down, middle, hidden);
        observe("vision.block" + i, hidden);
        if (deepStack.size() < deepStackMergers.size()
            && config.deepStackBlocks()[deepStack.size()] == i) {
          deepStack.add(merge(hidden, deepStackMergers.get(deepStack.size())));
        }
      }
      VisualFeatures features = new VisualFeatures(merge(hidden, merger), List.copyOf(deepStack));
      done = true;
      return features;
    } finally {
      if (!done) {
        deepStack.forEach(Tensor::close);
      }
    }
  }

  /** Fills in the images' segments and position taps; gives their rotary tables. */
  private Rotary layOut(
      List<ImagePatches> images, int rows, List<Segment> segments, PositionGrid grid) {
    int pairs = config.headSize() / 2;
    float[] angles = new float[Math.multiplyExact(rows, pairs)];
    int start = 0;
    for (ImagePatches image : images) {
      int[][] positions =
          Positions.ofPatches(image.gridHeight(), image.gridWidth(), config.mergeSize());
      Positions.visionAngles(positions, config, angles, start);
      grid.put(positions, image.gridHeight(), image.gridWidth(), config.positionGridSide(), start);
      segments.add(Segment.bidirectionalRoot(start, image.count()));
      start += image.count();
    }
    return Rotary.of(backend, angles, rows, pairs, 1);
  }

  /** A patch of a still image is one frame, which the weights read as all of its frames. */
  private void embed(List<ImagePatches> images, List<Segment> segments, Tensor hidden) {
    for (int i = 0; i < images.size(); i++) {
      ImagePatches image = images.get(i);
      Segment at = segments.get(i);
      try (Tensor patches =
          backend.upload(image.values(), image.count(), config.framePatchValues())) {
        linear(
            patches,
            stillPatchEmbedding,
            Activation.NONE,
            hidden.rows(at.start(), at.start() + at.length()));
      }
    }
  }

  /** [patches, hidden] to [tokens, outHidden]. */
  private Tensor merge(Tensor hidden, Merger merger) {
    int tokens = hidden.rows() / config.patchesPerToken();
    int merged = config.mergedSize();
    Tensor out = backend.allocate(tokens, config.outHiddenSize());
    try (Tensor normed = backend.allocate(hidden.rows(), config.hiddenSize());
        Tensor up = backend.allocate(tokens, merged)) {
      Tensor blocks = normed.reshape(tokens, merged);
      if (merger.afterShuffle) {
        layerNorm(hidden.reshape(tokens, merged), merger.norm, blocks);
      } else {
        layerNorm(hidden, merger.norm, normed);
      }
      linear(blocks, merger.up, Activation.GELU_ERF, up);
      linear(up, merger.down, Activation.NONE, out);
    }
    return out;
  }

  private void layerNorm(Tensor x, Norm norm, Tensor out) {
    backend.layerNorm(x, norm.weight, norm.bias, EPSILON, out);
  }

  private void linear(Tensor x, Affine affine, Activation activation, Tensor out) {
    backend.linear(x, affine.weight, bias(affine.bias, activation), out);
  }

  private void addLinear(Tensor x, Affine affine, Tensor residual, Tensor out) {
    backend.linear(x, affine.weight, biasAndResidual(affine.bias, residual), out);
  }

  private void observe(String stage, Tensor hidden) {
    if (observer != null) {
      observer.observe(stage, hidden);
    }
  }
}
