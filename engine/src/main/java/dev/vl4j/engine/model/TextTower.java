package dev.vl4j.engine.model;

import static dev.vl4j.kernels.Epilogue.residual;

import dev.vl4j.engine.model.TextBatch.KeptRun;
import dev.vl4j.engine.model.TextBatch.PlacedImage;
import dev.vl4j.engine.model.WeightStore.Part;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Linear;
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
      Tensor queryNorm,
      Tensor keyNorm,
      Linear output,
      Tensor mlpNorm,
      Linear gatedUp,
      Linear down) {}

  private final Qwen3VlConfig.Text config;
  private final Backend backend;
  private final AttentionShape attention;
  private final float[] frequencies;
  private final RowTable embeddings;
  private final List<Layer> layers = new ArrayList<>();
  private final Tensor finalNorm;
  private final boolean trims;
  @Nullable LayerObserver observer;

  /**
   * @param embeddings name of the tensor that holds the embeddings of tokens
   * @param trims whether the last layer computes keys and values for all tokens, but everything
   *     else for the scored ones alone
   */
  TextTower(
      Qwen3VlConfig.Text config,
      WeightStore weights,
      String embeddings,
      Backend backend,
      boolean trims) {
    this.config = config;
    this.backend = backend;
    this.trims = trims;
    int hidden = config.hiddenSize();
    int query = config.querySize();
    attention =
        new AttentionShape(
            config.heads(),
            config.keyValueHeads(),
            config.headSize(),
            (float) (1 / Math.sqrt(config.headSize())),
            weights.attentionOperands());
    frequencies = config.rope().inverseFrequencies(config.headSize());
    this.embeddings = weights.table(embeddings, config.vocabularySize(), hidden);
    for (int i = 0; i < config.layers(); i++) {
      String at = "model.language_model.layers." + i + ".";
      layers.add(
          new Layer(
              weights.vector(at + "input_layernorm.weight", hidden),
              inputs(weights, at + "self_attn.", i == config.layers() - 1),
              weights.vector(at + "self_attn.q_norm.weight", config.headSize()),
              weights.vector(at + "self_attn.k_norm.weight", config.headSize()),
              weights.linear(query, new Part(at + "self_attn.o_proj.weight", hidden)),
              weights.vector(at + "post_attention_layernorm.weight", hidden),
              weights.gatedLinear(
                  hidden,
                  config.intermediateSize(),
                  at + "mlp.gate_proj.weight",
                  at + "mlp.up_proj.weight"),
              weights.linear(
                  config.intermediateSize(), new Part(at + "mlp.down_proj.weight", hidden))));
    }
    finalNorm = weights.vector("model.language_model.norm.weight", hidden);
  }

  private List<Linear> inputs(WeightStore weights, String at, boolean last) {
    Part query = new Part(at + "q_proj.weight", config.querySize());
    Part key = new Part(at + "k_proj.weight", config.keyValueSize());
    Part value = new Part(at + "v_proj.weight", config.keyValueSize());
    int hidden = config.hiddenSize();
    return last
        ? List.of(weights.linear(hidden, query), weights.linear(hidden, key, value))
        : List.of(weights.linear(hidden, query, key, value));
  }

  /** Room for the keys and values of so many tokens. */
  KeyValues keyValues(int tokens) {
    return new KeyValues(backend, config.layers(), tokens, 2 * config.keyValueSize());
  }

  /**
   * What one layer after another works on.
   *
   * @param hidden [tokens, hidden], what a layer reads and writes
   * @param middle [tokens, hidden], after attention
   * @param normed [tokens, hidden]
   * @param queryKeyValue [context and tokens, queries and keys and values]
   * @param attended [tokens, queries]
   * @param product [tokens, intermediate]
   */
  private record Buffers(
      Tensor hidden,
      Tensor middle,
      Tensor normed,
      Tensor queryKeyValue,
      Tensor attended,
      Tensor product)
      implements AutoCloseable {
    @Override
    public void close() {
      for (Tensor tensor : List.of(hidden, middle, normed, queryKeyValue, attended, product)) {
        tensor.close();
      }
    }

    /** Those of the layer for fewer tokens, with another input. */
    Buffers first(int tokens, Tensor input) {
      return new Buffers(
          input,
          middle.rows(0, tokens),
          normed.rows(0, tokens),
          queryKeyValue,
          attended.rows(0, tokens),
          product.rows(0, tokens));
    }
  }

  private Buffers buffers(TextBatch batch) {
    int tokens = batch.ids().length;
    int hidden = config.hiddenSize();
    return new Buffers(
        backend.allocate(tokens, hidden),
        backend.allocate(tokens, hidden),
        backend.allocate(tokens, hidden),
        backend.allocate(
            batch.contextRows() + tokens, config.querySize() + 2 * config.keyValueSize()),
        backend.allocate(tokens, config.querySize()),
        backend.allocate(tokens, config.intermediateSize()));
  }

  /** As {@link #forward(TextBatch, Runnable)}, to the end. */
  public Tensor forward(TextBatch batch) {
    return forward(batch, () -> {});
  }

  /**
   * Final hidden states of the scored tokens, normed: [scored, hidden].
   *
   * @param check is called before each layer; what it throws ends the forward
   */
  Tensor forward(TextBatch batch, Runnable check) {
    int tokens = batch.ids().length;
    int[] scored = batch.scored();
    Tensor last = backend.allocate(scored.length, config.hiddenSize());
    boolean done = false;
    try (Buffers buffers = buffers(batch);
        Rotary rotary =
            Rotary.of(
                backend,
                Positions.textAngles(batch.positions(), frequencies, config.rope().mropeSection()),
                tokens,
                config.headSize() / 2,
                config.rope().scale())) {
      embed(batch, buffers.hidden);
      for (int i = 0; i < layers.size(); i++) {
        check.run();
        observe(i, buffers.hidden);
        if (trims && i == layers.size() - 1) {
          lastLayer(i, batch, buffers, rotary, last);
        } else {
          layer(i, batch, buffers, rotary);
        }
      }
      if (!trims) {
        observe(layers.size(), buffers.hidden);
        backend.copyRows(buffers.hidden, scored, last, Rows.run(0, scored.length));
      }
      backend.rmsNorm(last, finalNorm, config.normEpsilon(), last);
      done = true;
      return last;
    } finally {
      if (!done) {
        last.close();
      }
    }
  }

  private void embed(TextBatch batch, Tensor hidden) {
    backend.gather(embeddings, batch.ids(), hidden);
    for (PlacedImage image : batch.images()) {
      Tensor visual = image.features().embeddings();
      backend.copyRows(
          visual, Rows.run(0, visual.rows()), hidden, Rows.run(image.to(), visual.rows()));
    }
  }

  private void layer(int i, TextBatch batch, Buffers buffers, Rotary rotary) {
    Layer layer = layers.get(i);
    int query = config.querySize();
    Tensor all = buffers.queryKeyValue;
    Tensor own = all.rows(batch.contextRows(), all.rows());
    backend.rmsNorm(buffers.hidden, layer.attentionNorm, config.normEpsilon(), buffers.normed);
    int column = 0;
    for (Linear input : layer.inputs) {
      Tensor out = own.columns(column, column + input.outFeatures());
      backend.linear(buffers.normed, input, Epilogue.NONE, out);
      column += input.outFeatures();
    }
    finishKeys(i, batch, all, own, rotary);
    Tensor queries = own.columns(0, query);
    turn(queries, layer.queryNorm, rotary.cosine(), rotary.sine());
    attend(all, queries, batch.segments(), buffers.attended);
    mix(layer, buffers, buffers.hidden);
    addDeepStack(i, batch.images(), buffers.hidden);
  }

  /**
   * The same layer, of which only the scored tokens are read.
   *
   * @param out [scored, hidden]
   */
  private void lastLayer(int i, TextBatch batch, Buffers buffers, Rotary rotary, Tensor out) {
    Layer layer = layers.get(i);
    int query = config.querySize();
    int pairs = config.headSize() / 2;
    int[] scored = batch.scored();
    int count = scored.length;
    Tensor all = buffers.queryKeyValue;
    Tensor own = all.rows(batch.contextRows(), all.rows());
    backend.rmsNorm(buffers.hidden, layer.attentionNorm, config.normEpsilon(), buffers.normed);
    backend.linear(
        buffers.normed, layer.inputs.getLast(), Epilogue.NONE, own.columns(query, all.columns()));
    finishKeys(i, batch, all, own, rotary);
    try (Tensor input = backend.allocate(count, config.hiddenSize());
        Tensor normed = backend.allocate(count, config.hiddenSize());
        Tensor queries = backend.allocate(count, query);
        Tensor cosine = backend.allocate(count, pairs);
        Tensor sine = backend.allocate(count, pairs)) {
      int[] packed = Rows.run(0, count);
      backend.copyRows(buffers.hidden, scored, input, packed);
      backend.copyRows(buffers.normed, scored, normed, packed);
      backend.copyRows(rotary.cosine(), scored, cosine, packed);
      backend.copyRows(rotary.sine(), scored, sine, packed);
      backend.linear(normed, layer.inputs.getFirst(), Epilogue.NONE, queries);
      turn(queries, layer.queryNorm, cosine, sine);
      Buffers fewer = buffers.first(count, input);
      attend(all, queries, onlyScored(batch), fewer.attended);
      mix(layer, fewer, out);
    }
  }

  /** The segments, of which only a last token attends, and only if it is scored. */
  private static List<Segment> onlyScored(TextBatch batch) {
    int[] scored = batch.scored();
    return batch.segments().stream()
        .map(segment -> {
          int last = segment.start() + segment.length() - 1 - batch.contextRows();
          return segment.withQueries(Arrays.binarySearch(scored, last) < 0 ? 0 : 1);
        })
        .toList();
  }

  /** Norms and rotates keys, and hands keys and values from earlier forwards and to later ones. */
  private void finishKeys(int i, TextBatch batch, Tensor all, Tensor own, Rotary rotary) {
    int query = config.querySize();
    Tensor keys = own.columns(query, query + config.keyValueSize());
    turn(keys, layers.get(i).keyNorm, rotary.cosine(), rotary.sine());
    Tensor keyValues = all.columns(query, all.columns());
    int row = 0;
    for (KeyValues earlier : batch.context()) {
      earlier.write(i, keyValues, row);
      row += earlier.tokens();
    }
    for (KeptRun kept : batch.kept()) {
      kept.room().read(i, keyValues, row + kept.from());
    }
  }

  private void turn(Tensor heads, Tensor norm, Tensor cosine, Tensor sine) {
    backend.rmsNormHeads(heads, norm, config.normEpsilon());
    backend.rotate(heads, cosine, sine);
  }

  private void attend(Tensor all, Tensor queries, List<Segment> segments, Tensor attended) {
    int query = config.querySize();
    int values = query + config.keyValueSize();
    Tensor keys = all.columns(query, values);
    backend.attention(
        queries, keys, all.columns(values, all.columns()), attention, segments, attended);
  }

  /** From what was attended to, to the layer's output. */
  private void mix(Layer layer, Buffers buffers, Tensor out) {
    backend.linear(buffers.attended, layer.output, residual(buffers.hidden), buffers.middle);
    backend.rmsNorm(buffers.middle, layer.mlpNorm, config.normEpsilon(), buffers.normed);
    backend.linear(buffers.normed, layer.gatedUp, Epilogue.NONE, buffers.product);
    backend.linear(buffers.product, layer.down, residual(buffers.middle), out);
  }

  private void addDeepStack(int layer, List<PlacedImage> images, Tensor hidden) {
    for (PlacedImage image : images) {
      if (layer < image.features().deepStack().size()) {
        Tensor features = image.features().deepStack().get(layer);
        backend.addRows(features, hidden, Rows.run(image.to(), features.rows()));
      }
    }
  }

  private void observe(int layer, Tensor hidden) {
    if (observer != null) {
      observer.observe("hidden" + layer, hidden);
    }
  }
}
