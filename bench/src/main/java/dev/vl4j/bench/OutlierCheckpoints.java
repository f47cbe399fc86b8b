package dev.vl4j.bench;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.checkpoints.OutlierCheckpoint;
import dev.vl4j.engine.checkpoints.PlantedModel;
import dev.vl4j.engine.checkpoints.Planting;
import dev.vl4j.engine.checkpoints.RankingCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes random checkpoints with outlier channels, whose heads are yet to be trained, and what to
 * train them on and test them with: the input of {@code bench/reference/outliers.py}.
 */
public final class OutlierCheckpoints {
  private static final JsonMapper JSON = JsonMapper.shared();

  private OutlierCheckpoints() {}

  /** Options: {@code --out DIR}, {@code --seed} (1) of the first checkpoint. */
  public static void main(String[] arguments) throws IOException {
    Arguments options = new Arguments(arguments, "out", "seed");
    Path directory = Path.of(options.require("out"));
    Files.createDirectories(directory);
    ObjectNode root = JSON.createObjectNode();
    writeCases(root.putArray("train"), PlantedModel.trainingCases(), directory, "train");
    writeCases(root.putArray("test"), PlantedModel.cases(), directory, "test");
    ArrayNode models = root.putArray("models");
    long seed = options.integer("seed", 1);
    for (Planting planting : Planting.values()) {
      String name = planting.name().toLowerCase(Locale.ROOT);
      models.addObject().put("planting", name).put("seed", seed);
      OutlierCheckpoint.write(
          directory.resolve(name), planting, seed, OutlierCheckpoint.randomHead(seed));
      seed++;
    }
    JSON.writerWithDefaultPrettyPrinter()
        .writeValue(directory.resolve("cases.json").toFile(), root);
  }

  private static void writeCases(
      ArrayNode list, List<RankingCase> cases, Path directory, String name) throws IOException {
    for (RankingCase ranking : cases) {
      String prefix = name + list.size();
      ObjectNode node = list.addObject();
      write(ranking.request().query(), directory, prefix, node.putArray("query"));
      ArrayNode documents = node.putArray("documents");
      for (Content document : ranking.request().documents()) {
        write(document, directory, prefix + "_" + documents.size(), documents.addArray());
      }
      ArrayNode degrees = node.putArray("degrees");
      for (double degree : ranking.degrees()) {
        degrees.add(degree);
      }
    }
  }

  private static void write(Content content, Path directory, String name, ArrayNode parts)
      throws IOException {
    for (Part part : content.parts()) {
      switch (part) {
        case Part.Text text -> parts.addObject().put("text", text.text());
        case Part.Image(ImageSource.Encoded image) -> {
          String file = "%s_%d.png".formatted(name, parts.size());
          Files.write(directory.resolve(file), image.bytes());
          parts.addObject().put("image", file);
        }
        case Part.Image image ->
            throw new IllegalStateException(image + ": cases hold their pictures");
        case Part.Video video -> throw new IllegalStateException(video + ": cases have no videos");
      }
    }
  }
}
