package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.SafetensorsFile;
import dev.vl4j.loader.StoredTensor;
import java.awt.image.BufferedImage;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ImagePreprocessorTest {
  private static final float[] HALF = {0.5f, 0.5f, 0.5f};

  @ParameterizedTest
  @ValueSource(strings = {"tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16"})
  void everyImageAgreesWithHuggingFace(String checkpoint) {
    Path folder = Fixtures.ROOT.resolve(checkpoint);
    JsonNode config = json(folder.resolve("model/preprocessor_config.json"));
    int patchSize = config.path("patch_size").asInt();
    int images = 0;
    for (JsonNode test : json(folder.resolve("cases.json")).path("cases")) {
      String name = test.path("name").asString();
      int min = test.path("budget").path(0).asInt();
      int max = test.path("budget").path(1).asInt();
      ImagePreprocessor preprocessor =
          new ImagePreprocessor(
              patchSize,
              config.path("merge_size").asInt(),
              floats(config.path("image_mean")),
              floats(config.path("image_std")),
              min,
              max,
              ImageRules.OFFICIAL);
      try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(name + ".safetensors"))) {
        Map<String, StoredTensor> expected = file.tensors();
        List<Path> paths = images(test);
        for (int i = 0; i < paths.size(); i++) {
          String at = "%s image%d".formatted(name, i);
          ImageSource source = new ImageSource.File(paths.get(i));
          ImagePatches.Samples patches = preprocessor.preprocess(source);
          int[] grid =
              expected.get("image" + i + ".grid").data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
          assertThat(new int[] {1, patches.gridHeight(), patches.gridWidth()})
              .as(at)
              .isEqualTo(grid);
          assertThat(patches.count()).as(at).isEqualTo(grid[1] * grid[2]);
          StoredTensor values = expected.get("image" + i + ".patches");
          if (values != null) {
            int frames = config.path("temporal_patch_size").asInt();
            for (float[] frame : Fixtures.frames(values, frames, patchSize)) {
              assertThat(patches.values()).as(at + " patches").isEqualTo(frame);
            }
          }
          StoredTensor resized = expected.get("image" + i + ".resized");
          if (resized != null) {
            assertThat(resized.shape())
                .as(at)
                .containsExactly((long) grid[1] * patchSize, (long) grid[2] * patchSize, 3L);
            assertThat(
                    PillowResize.bicubic(
                            ImageDecoder.decode(source), grid[2] * patchSize, grid[1] * patchSize)
                        .samples())
                .as(at + " resized")
                .isEqualTo(Pixels.of(resized).samples());
          }
          images++;
        }
      }
    }
    assertThat(images).isGreaterThan(5);
  }

  @Test
  void someFixturesStorePatchesAndPixels() {
    try (SafetensorsFile file =
        SafetensorsFile.open(Fixtures.ROOT.resolve("tied_gqa2/doc_image.safetensors"))) {
      assertThat(file.tensors()).containsKeys("image0.patches", "image0.resized");
    }
  }

  @Test
  void tooNarrowImagesAreNamed(@TempDir Path folder) throws Exception {
    BufferedImage line = new BufferedImage(402, 2, BufferedImage.TYPE_INT_RGB);
    Path file = folder.resolve("line.png");
    ImageIO.write(line, "png", file.toFile());
    ImagePreprocessor preprocessor =
        new ImagePreprocessor(16, 2, HALF, HALF, 4096, 131_072, ImageRules.OFFICIAL);
    assertThatThrownBy(() -> preprocessor.preprocess(new ImageSource.File(file)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining("402 x 2");
  }

  /** The camera was turned; only vLLM turns the image back. */
  @Test
  void imageRulesDecideHowAPictureStands() {
    ImageSource turned = new ImageSource.File(Fixtures.ROOT.resolve("decode/exif_rotated.jpg"));
    ImagePatches official = preprocessor(ImageRules.OFFICIAL).preprocess(turned);
    ImagePatches vllm = preprocessor(ImageRules.VLLM).preprocess(turned);
    assertThat(official.gridWidth()).isGreaterThan(official.gridHeight());
    assertThat(vllm.gridWidth()).isEqualTo(official.gridHeight());
    assertThat(vllm.gridHeight()).isEqualTo(official.gridWidth());
  }

  private static ImagePreprocessor preprocessor(ImageRules rules) {
    return new ImagePreprocessor(16, 2, HALF, HALF, 16_384, 131_072, rules);
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> new ImagePreprocessor(0, 2, HALF, HALF, 1, 2, ImageRules.OFFICIAL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new ImagePreprocessor(16, 2, new float[1], HALF, 1, 2, ImageRules.OFFICIAL))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ImagePreprocessor(16, 2, HALF, HALF, 3, 2, ImageRules.OFFICIAL))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Path> images(JsonNode test) {
    List<Path> images = new ArrayList<>();
    for (String side : List.of("query", "document")) {
      for (JsonNode part : test.path(side)) {
        if (part.has("image")) {
          images.add(Fixtures.ROOT.resolve(part.path("image").asString()));
        }
      }
    }
    return images;
  }

  private static float[] floats(JsonNode array) {
    float[] floats = new float[array.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) array.path(i).asDouble();
    }
    return floats;
  }

  private static JsonNode json(Path file) {
    return JsonMapper.shared().readTree(file.toFile());
  }
}
