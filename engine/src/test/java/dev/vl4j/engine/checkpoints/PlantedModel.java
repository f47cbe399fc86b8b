package dev.vl4j.engine.checkpoints;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A checkpoint with outliers, the head that was trained for it, and what PyTorch computes with it.
 * {@code bench/reference/outliers.py} made these numbers.
 *
 * @param head [hidden]
 * @param logits [cases][documents] of {@link #cases}, in float32
 * @param bf16 the same in bfloat16, with the head in float32
 */
public record PlantedModel(
    Planting planting, long seed, float[] head, double[][] logits, double[][] bf16) {
  private static final String FILE = "/fixtures/outliers.json";
  private static final int CASES = 3;
  private static final int DOCUMENTS = 24;
  private static final int TRAINING_DOCUMENTS = 64;
  private static final long TEST_SEED = 2;
  private static final long TRAINING_SEED = 1;

  /** Every way of planting, without outliers first. */
  public static List<PlantedModel> all() {
    List<PlantedModel> models = new ArrayList<>();
    try (InputStream in = PlantedModel.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + FILE);
      }
      for (JsonNode node : JsonMapper.shared().readTree(in)) {
        double[] head = numbers(node.path("head"));
        float[] narrow = new float[head.length];
        for (int i = 0; i < head.length; i++) {
          narrow[i] = (float) head[i];
        }
        models.add(
            new PlantedModel(
                Planting.valueOf(node.path("planting").asString().toUpperCase(Locale.ROOT)),
                node.path("seed").asLong(),
                narrow,
                table(node.path("logits")),
                table(node.path("logits_bf16_fp32head"))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return models;
  }

  /** The model with this way of planting. */
  public static PlantedModel of(Planting planting) {
    return all().stream().filter(model -> model.planting == planting).findFirst().orElseThrow();
  }

  /** What the models rank: 24 documents for each of three queries, texts and images. */
  public static List<RankingCase> cases() {
    return RankingCase.random(CASES, DOCUMENTS, TEST_SEED);
  }

  /** Other documents, which the heads were trained on. */
  public static List<RankingCase> trainingCases() {
    return RankingCase.random(CASES, TRAINING_DOCUMENTS, TRAINING_SEED);
  }

  /** Writes the checkpoint. */
  public void write(Path directory) throws IOException {
    OutlierCheckpoint.write(directory, planting, seed, head);
  }

  private static double[][] table(JsonNode rows) {
    return rows.values().stream().map(PlantedModel::numbers).toArray(double[][]::new);
  }

  private static double[] numbers(JsonNode row) {
    return row.values().stream().mapToDouble(JsonNode::asDouble).toArray();
  }
}
