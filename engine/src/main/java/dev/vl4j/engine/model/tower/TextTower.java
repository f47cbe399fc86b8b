package dev.vl4j.engine.model.tower;

import static dev.vl4j.kernels.Epilogue.residual;

import dev.vl4j.engine.model.config.TextConfig;
import dev.vl4j.engine.model.tower.TextBatch.PlacedImage;
import dev.vl4j.engine.model.weights.WeightScope;
import dev.vl4j.engine.model.weights.WeightStore.Part;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Qwen3 language model without its output head: pre-norm layers of grouped-query attention and
 * SwiGLU. Visual tokens replace placeholder embeddings, and DeepStack adds further visual features
 * to the outputs of the first layers.
 */
public final class TextTower {
  /**
   * @param inputs one product gives queries, keys and values; in the last layer one gives the
   *     queries, which few tokens need there, and another keys and values
   */
  private record Layer(
      Tensor attentionNorm,
      List<Linear> inputs,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      Linear output,
      Tensor mlpNorm,
      Linear gatedUp,
      Linear down) {}

  private final TextConfig config;
  private final AttentionShape attention;
  private final RotaryEmbedding rotary;
  private final RowTable embeddings;
  private final List<Layer> layers = new ArrayList<>();
  private final Tensor finalNorm;
  private final boolean trims;
  private @Nullable LayerObserver observer;

  /**
   * @param weights those of the language model
   * @param embeddings [vocabularySize, hiddenSize]
   * @param trims whether the last layer computes keys and values for all tokens, but everything
   *     else for the scored ones alone
   */
  public TextTower(TextConfig config, WeightScope weights, RowTable embeddings, boolean trims) {
    this.config = config;
    this.embeddings = embeddings;
    this.trims = trims;
    attention =
        new AttentionShape(
            config.heads(),
            config.keyValueHeads(),
            config.headSize(),
            (float) (1 / Math.sqrt(config.headSize())),
            weights.attentionOperands());
    rotary = config.rope().embedding(config.headSize());
    for (int i = 0; i < config.layers(); i++) {
      layers.add(layer(weights.within("layers." + i + "."), i == config.layers() - 1));
    }
    finalNorm = weights.vector("norm.weight", config.hiddenSize());
  }

  private Layer layer(WeightScope weights, boolean last) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    WeightScope attention = weights.within("self_attn.");
    return new Layer(
        weights.vector("input_layernorm.weight", hidden),
        inputs(attention, last),
        headNorm(attention, "q_norm.weight"),
        headNorm(attention, "k_norm.weight"),
        attention.linear(config.querySize(), new Part("o_proj.weight", hidden)),
        weights.vector("post_attention_layernorm.weight", hidden),
        weights.gatedLinear(hidden, intermediate, "mlp.gate_proj.weight", "mlp.up_proj.weight"),
        weights.linear(intermediate, new Part("mlp.down_proj.weight", hidden)));
  }

  private List<Linear> inputs(WeightScope weights, boolean last) {
    Part query = new Part("q_proj.weight", config.querySize());
    Part key = new Part("k_proj.weight", config.keyValueSize());
    Part value = new Part("v_proj.weight", config.keyValueSize());
    int hidden = config.hiddenSize();
    return last
        ? List.of(weights.linear(hidden, query), weights.linear(hidden, key, value))
        : List.of(weights.linear(hidden, query, key, value));
  }

  private HeadNorm headNorm(WeightScope weights, String name) {
    return new HeadNorm(weights.vector(name, config.headSize()), config.normEpsilon());
  }

  /** Of every layer. */
  public AttentionShape attention() {
    return attention;
  }

  public int layers() {
    return layers.size();
  }

  /** Sees the layers' inputs from now on; null for nobody. */
  public void observe(@Nullable LayerObserver observer) {
    this.observer = observer;
  }

  /**
   * What one layer after another works on.
   *
   * @param hidden [tokens, hidden], what a layer reads and writes
   * @param middle [tokens, hidden], after attention
   * @param queries [queries, heads * headSize]
   * @param normed inputs of products, normed
   * @param attended what attention gives
   * @param product the gated product
   */
  private record Buffers(
      Tensor hidden,
      Tensor middle,
      Operand queries,
      OperandPool normed,
      OperandPool attended,
      OperandPool product) {}

  private Buffers buffers(Forward forward, int tokens) {
    return new Buffers(
        forward.tensor(tokens, config.hiddenSize()),
        forward.tensor(tokens, config.hiddenSize()),
        forward.queries(tokens, attention),
        new OperandPool(forward, tokens),
        new OperandPool(forward, tokens),
        new OperandPool(forward, tokens));
  }

  /**
   * Enqueues a forward.
   *
   * @param check is called before each layer; what it throws ends the forward
   * @return final hidden states of the scored tokens, normed: [scored, hidden]
   */
  public Tensor forward(Forward forward, TextBatch batch, Runnable check) {
    int tokens = batch.ids().length;
    Buffers buffers = buffers(forward, tokens);
    Tensor projected = forward.tensor(tokens, config.querySize() + 2 * config.keyValueSize());
    Rotary angles = forward.rotary(rotary, batch.positions());
    AttentionPlan plan = forward.attention(attention, batch.segments());
    Tensor last = forward.tensor(batch.scored().length, config.hiddenSize());
    embed(forward, batch, buffers.hidden);
    for (int i = 0; i < layers.size(); i++) {
      check.run();
      observe(i, forward, buffers.hidden);
      if (trims && i == layers.size() - 1) {
        lastLayer(forward, batch, buffers, projected, angles, plan, last);
      } else {
        layer(forward, i, buffers, projected, angles, plan);
        addDeepStack(forward, i, batch.images(), buffers.hidden);
      }
    }
    if (!trims) {
      observe(layers.size(), forward, buffers.hidden);
      forward.gather(buffers.hidden, forward.indices(batch.scored()), last);
    }
    forward.rmsNorm(last, finalNorm, config.normEpsilon(), last);
    return last;
  }

  private void embed(Forward forward, TextBatch batch, Tensor hidden) {
    forward.gather(embeddings, forward.indices(batch.ids()), hidden);
    for (PlacedImage image : batch.images()) {
      OwnedTensor visual = image.features().embeddings();
      forward.copy(visual, hidden.rows(image.to(), image.to() + visual.rows()));
    }
  }

  private void layer(
      Forward forward,
      int i,
      Buffers buffers,
      Tensor projected,
      Rotary angles,
      AttentionPlan plan) {
    Layer layer = layers.get(i);
    int column = 0;
    for (Linear input : layer.inputs) {
      Operand normed = buffers.normed.of(input);
      forward.rmsNorm(buffers.hidden, layer.attentionNorm, config.normEpsilon(), normed);
      int end = column + input.outFeatures();
      forward.linear(normed, input, Epilogue.NONE, projected.columns(column, end));
      column = end;
    }
    forward.queryKeyValues(
        projected, layer.queryNorm, layer.keyNorm, angles, plan, i, buffers.queries);
    finish(forward, i, buffers, plan, buffers.hidden);
  }

  /**
   * The last layer, of which only the scored tokens are read.
   *
   * @param out [scored, hidden]
   */
  private void lastLayer(
      Forward forward,
      TextBatch batch,
      Buffers buffers,
      Tensor projected,
      Rotary angles,
      AttentionPlan plan,
      Tensor out) {
    int i = layers.size() - 1;
    Layer layer = layers.get(i);
    Linear keyValues = layer.inputs.getLast();
    Operand normed = buffers.normed.of(keyValues);
    forward.rmsNorm(buffers.hidden, layer.attentionNorm, config.normEpsilon(), normed);
    Tensor projectedKeyValues = projected.columns(config.querySize(), projected.columns());
    forward.linear(normed, keyValues, Epilogue.NONE, projectedKeyValues);
    forward.keyValues(projectedKeyValues, layer.keyNorm, angles, plan, i);

    int[] scored = batch.scored();
    Buffers fewer = buffers(forward, scored.length);
    forward.gather(buffers.hidden, forward.indices(scored), fewer.hidden);
    Linear query = layer.inputs.getFirst();
    Operand normedScored = fewer.normed.of(query);
    forward.rmsNorm(fewer.hidden, layer.attentionNorm, config.normEpsilon(), normedScored);
    Tensor projectedQueries = forward.tensor(scored.length, config.querySize());
    forward.linear(normedScored, query, Epilogue.NONE, projectedQueries);
    Rotary scoredAngles = forward.rotary(rotary, pick(batch.positions(), scored));
    forward.queries(projectedQueries, layer.queryNorm, scoredAngles, attention, fewer.queries);
    finish(forward, i, fewer, forward.attention(attention, onlyScored(batch)), out);
  }

  private static int[][] pick(int[][] positions, int[] tokens) {
    return Arrays.stream(positions)
        .map(axis -> Arrays.stream(tokens).map(token -> axis[token]).toArray())
        .toArray(int[][]::new);
  }

  /** The segments, of which only a last token attends, and only if it is scored. */
  private static List<Segment> onlyScored(TextBatch batch) {
    List<Segment> segments = new ArrayList<>();
    int end = 0;
    for (Segment segment : batch.segments()) {
      if (segment.stored()) {
        segments.add(segment);
      } else {
        end += segment.length();
        boolean scored = Arrays.binarySearch(batch.scored(), end - 1) >= 0;
        segments.add(segment.withQueries(scored ? 1 : 0));
      }
    }
    return segments;
  }

  /** Attention and MLP, from the layer's queries to its output. */
  private void finish(Forward forward, int i, Buffers buffers, AttentionPlan plan, Tensor out) {
    Layer layer = layers.get(i);
    Operand attended = buffers.attended.of(layer.output);
    forward.attention(buffers.queries, plan, i, attended);
    forward.linear(attended, layer.output, residual(buffers.hidden), buffers.middle);
    Operand normed = buffers.normed.of(layer.gatedUp);
    forward.rmsNorm(buffers.middle, layer.mlpNorm, config.normEpsilon(), normed);
    Operand product = buffers.product.of(layer.down);
    forward.linear(normed, layer.gatedUp, Epilogue.NONE, product);
    forward.linear(product, layer.down, residual(buffers.middle), out);
  }

  private static void addDeepStack(
      Forward forward, int layer, List<PlacedImage> images, Tensor hidden) {
    for (PlacedImage image : images) {
      if (layer < image.features().deepStack().size()) {
        OwnedTensor features = image.features().deepStack().get(layer);
        forward.add(features, hidden.rows(image.to(), image.to() + features.rows()));
      }
    }
  }

  private void observe(int layer, Forward forward, Tensor hidden) {
    if (observer != null) {
      observer.observe("hidden" + layer, forward, hidden);
    }
  }
}
