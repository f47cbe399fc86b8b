package dev.vl4j.engine.model;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.model.config.ImageSettings;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.TokenizedPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.ImageLoader;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.engine.vision.ImageReader;
import dev.vl4j.engine.vision.PromptImage;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.loader.SafetensorsFile;
import dev.vl4j.loader.StoredTensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tiny checkpoints and what Hugging Face computed with them. */
public final class Fixtures {
  /** The folder of all fixtures. */
  public static final Path ROOT = Path.of("src/test/resources/fixtures");

  /** The backends whose models are held to PyTorch's numbers; a property may name others. */
  static final List<String> BACKENDS =
      List.of(System.getProperty("vl4j.test.backends", "reference,cpu").split(",", -1));

  static final List<String> CHECKPOINTS =
      List.of("tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16");

  /** The same kind of checkpoints, in int8; their cases have logits only. */
  public static final List<String> QUANTISED = List.of("w8a8_text", "w8a8_all");

  static final Tokenizer TOKENIZER = Tokenizer.open(ROOT.resolve("tokenizer/tokenizer.json"));

  private Fixtures() {}

  /** One prompt of one checkpoint. */
  public record Case(String checkpoint, JsonNode json) {
    String name() {
      return json.path("name").asString();
    }

    double number(String field) {
      return json.path(field).asDouble();
    }

    SafetensorsFile expected() {
      return SafetensorsFile.open(ROOT.resolve(checkpoint).resolve(name() + ".safetensors"));
    }

    RerankPrompt prompt() {
      JsonNode instruction = json.path("instruction");
      return new RerankPrompt(
          RerankTemplate.QWEN3_VL,
          content(json.path("query")),
          content(json.path("document")),
          instruction.isNull() ? null : instruction.asString(),
          json.path("parse_special_tokens").asBoolean());
    }

    ImagePreprocessor preprocessor() {
      ModelDirectory directory = directory(checkpoint);
      return ImageSettings.preprocessor(
          directory.preprocessor(),
          ModelConfig.read(directory.config()).vision().orElseThrow(),
          new PixelBudget(json.path("min_pixels").asInt(0), json.path("max_pixels").asInt(0)),
          ImageRules.OFFICIAL);
    }

    PreparedPrompt prepare() {
      RerankPrompt prompt = prompt();
      ImageReader.RequestImages request =
          new ImageReader(
                  preprocessor(),
                  null,
                  EncodedImages.NONE,
                  ImageLoader.SAME_THREAD,
                  RequestLimits.DEFAULT)
              .forRequest(WorkGuard.UNBOUNDED);
      List<PromptImage> images = prompt.images().stream().map(request::image).toList();
      TokenizedPrompt tokenized =
          prompt.tokenize(TOKENIZER, images.stream().mapToInt(PromptImage::tokens).toArray());
      return new PreparedPrompt(tokenized.ids(), tokenized.imageStarts(), images);
    }

    /** The texts and images of a side of a case. */
    public static Content content(JsonNode parts) {
      List<Part> list = new ArrayList<>();
      for (JsonNode part : parts) {
        list.add(
            part.has("text")
                ? Part.text(part.path("text").asString())
                : Part.image(ROOT.resolve(part.path("image").asString())));
      }
      return new Content(list);
    }
  }

  /** What the reference says of videos. */
  public static JsonNode videos() {
    return gzipped("videos.json.gz");
  }

  /** What a packed file of JSON holds. */
  public static JsonNode gzipped(String file) {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(ROOT.resolve(file)))) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a checkpoint, with a tokenizer, into a directory. */
  public static void copy(String checkpoint, Path directory) {
    Path source = ROOT.resolve(checkpoint).resolve("model");
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path to = directory.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
      Files.copy(ROOT.resolve("tokenizer/tokenizer.json"), directory.resolve("tokenizer.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static List<Case> cases(String checkpoint) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode node :
        JsonMapper.shared()
            .readTree(ROOT.resolve(checkpoint).resolve("cases.json").toFile())
            .path("cases")) {
      cases.add(new Case(checkpoint, node));
    }
    return cases;
  }

  public static ModelDirectory directory(String checkpoint) {
    return ModelDirectory.open(ROOT.resolve(checkpoint).resolve("model"));
  }

  static TestModel open(String checkpoint, String backend, int threads, OperandFormat operands) {
    return open(checkpoint, backend, threads, Precision.valueOf(operands.name()));
  }

  static TestModel open(String checkpoint, String backend, int threads, Precision precision) {
    return open(checkpoint, backend, threads, precision, CachingOptions.DEFAULT);
  }

  static TestModel open(
      String checkpoint, String backend, int threads, Precision precision, CachingOptions caching) {
    ModelDirectory directory = directory(checkpoint);
    return TestModel.open(
        directory,
        backend,
        threads,
        precision,
        directory.trueTokenId().orElseThrow(),
        directory.falseTokenId().orElseThrow(),
        caching);
  }

  /**
   * Each frame of a reference's patches.
   *
   * @param patches {@code [patches][channels][frames][patchSize][patchSize]}
   * @return {@code [frames][patches * channels * patchSize * patchSize]}
   */
  public static float[][] frames(StoredTensor patches, int frames, int patchSize) {
    float[] values = patches.toFloats();
    int plane = patchSize * patchSize;
    float[][] separate = new float[frames][values.length / frames];
    for (int from = 0; from < values.length; from += plane) {
      int number = from / plane;
      System.arraycopy(values, from, separate[number % frames], number / frames * plane, plane);
    }
    return separate;
  }

  static int[] ints(StoredTensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
  }
}
