package dev.vl4j.engine.model;

import static dev.vl4j.kernels.Epilogue.residual;

import dev.vl4j.engine.model.TextBatch.PlacedImage;
import dev.vl4j.engine.model.WeightStore.Part;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The Qwen3 language model without its output head: pre-norm layers of grouped-query attention and
 * SwiGLU. Visual tokens replace placeholder embeddings, and DeepStack adds further visual features
 * to the outputs of the first layers.
 */
public final class TextTower {
  static final String EMBEDDINGS = "model.language_model.embed_tokens.weight";

  private record Layer(
      Tensor attentionNorm,
      Linear queryKeyValue,
      Tensor queryNorm,
      Tensor keyNorm,
      Linear output,
      Tensor mlpNorm,
      Linear gatedUp,
      Linear down) {}

  private final Qwen3VlConfig.Text config;
  private final Backend backend;
  private final AttentionShape attention;
  private final RowTable embeddings;
  private final List<Layer> layers = new ArrayList<>();
  private final Tensor finalNorm;
  @Nullable LayerObserver observer;

  TextTower(Qwen3VlConfig.Text config, WeightStore weights, Backend backend) {
    this.config = config;
    this.backend = backend;
    int hidden = config.hiddenSize();
    int query = config.querySize();
    int keyValue = config.keyValueSize();
    attention =
        new AttentionShape(
            config.heads(),
            config.keyValueHeads(),
            config.headSize(),
            (float) (1 / Math.sqrt(config.headSize())),
            weights.attentionOperands());
    embeddings = weights.table(EMBEDDINGS, config.vocabularySize(), hidden);
    for (int i = 0; i < config.layers(); i++) {
      String at = "model.language_model.layers." + i + ".";
      layers.add(
          new Layer(
              weights.vector(at + "input_layernorm.weight", hidden),
              weights.linear(
                  hidden,
                  new Part(at + "self_attn.q_proj.weight", query),
                  new Part(at + "self_attn.k_proj.weight", keyValue),
                  new Part(at + "self_attn.v_proj.weight", keyValue)),
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

  /** Final hidden states of the scored rows, normed: [prompts, hidden]. */
  public Tensor forward(TextBatch batch) {
    int rows = batch.ids().length;
    int query = config.querySize();
    int keyValue = config.keyValueSize();
    float epsilon = config.normEpsilon();
    try (Tensor hidden = backend.allocate(rows, config.hiddenSize());
        Tensor middle = backend.allocate(rows, config.hiddenSize());
        Tensor normed = backend.allocate(rows, config.hiddenSize());
        Tensor queryKeyValue = backend.allocate(rows, query + 2 * keyValue);
        Tensor attended = backend.allocate(rows, query);
        Tensor product = backend.allocate(rows, config.intermediateSize());
        Rotary rotary =
            Rotary.of(
                backend,
                Positions.textAngles(batch.positions(), config),
                rows,
                config.headSize() / 2)) {
      backend.gather(embeddings, batch.ids(), hidden);
      for (PlacedImage image : batch.images()) {
        backend.copyRows(
            image.features().embeddings(),
            run(image.from(), image.tokens()),
            hidden,
            run(image.to(), image.tokens()));
      }
      Tensor queries = queryKeyValue.columns(0, query);
      Tensor keys = queryKeyValue.columns(query, query + keyValue);
      Tensor values = queryKeyValue.columns(query + keyValue, query + 2 * keyValue);
      for (int i = 0; i < layers.size(); i++) {
        observe(i, hidden);
        Layer layer = layers.get(i);
        backend.rmsNorm(hidden, layer.attentionNorm, epsilon, normed);
        backend.linear(normed, layer.queryKeyValue, Epilogue.NONE, queryKeyValue);
        backend.rmsNormHeads(queries, layer.queryNorm, epsilon);
        backend.rmsNormHeads(keys, layer.keyNorm, epsilon);
        backend.rotate(queries, rotary.cosine(), rotary.sine());
        backend.rotate(keys, rotary.cosine(), rotary.sine());
        backend.attention(queries, keys, values, attention, batch.segments(), attended);
        backend.linear(attended, layer.output, residual(hidden), middle);
        backend.rmsNorm(middle, layer.mlpNorm, epsilon, normed);
        backend.linear(normed, layer.gatedUp, Epilogue.NONE, product);
        backend.linear(product, layer.down, residual(middle), hidden);
        addDeepStack(i, batch.images(), hidden);
      }
      observe(layers.size(), hidden);
      int[] scored = batch.scoredRows();
      Tensor last = backend.allocate(scored.length, config.hiddenSize());
      backend.copyRows(hidden, scored, last, run(0, scored.length));
      backend.rmsNorm(last, finalNorm, epsilon, last);
      return last;
    }
  }

  private void addDeepStack(int layer, List<PlacedImage> images, Tensor hidden) {
    for (PlacedImage image : images) {
      if (layer < image.features().deepStack().size()) {
        Tensor features = image.features().deepStack().get(layer);
        backend.addRows(
            features.rows(image.from(), image.from() + image.tokens()),
            hidden,
            run(image.to(), image.tokens()));
      }
    }
  }

  private static int[] run(int start, int length) {
    return IntStream.range(start, start + length).toArray();
  }

  private void observe(int layer, Tensor hidden) {
    if (observer != null) {
      observer.observe("hidden" + layer, hidden);
    }
  }
}
