package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.engine.checkpoints.Checksums;
import dev.vl4j.engine.checkpoints.FormulaFrames;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.VideoDecoder;
import dev.vl4j.engine.model.Fixtures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Which frames, times, sizes and samples a video becomes, against the tables that the reference
 * wrote with torch, torchvision, NumPy, Pillow and transformers.
 */
class VideoTablesTest {
  private static final JsonNode TABLES = Fixtures.videos();

  private static VideoSettings settings(VideoRules rules) {
    float[] half = {0.5f, 0.5f, 0.5f};
    return new VideoSettings(rules, 16, 2, half, half, 2, 4, 768, 131_072, 786_432);
  }

  private static VideoRules rules(JsonNode row) {
    return VideoRules.valueOf(row.path("rules").asString());
  }

  private static VideoSampling sampling(JsonNode row) {
    JsonNode end = row.path("end");
    return new VideoSampling(
        row.path("wanted").asDouble(),
        row.path("most").asInt(),
        row.path("start").asDouble(0),
        end.isNull() ? Double.POSITIVE_INFINITY : end.asDouble());
  }

  @Test
  void framesTimesAndSizesOfFilesAreTheReferences() {
    Map<VideoRules, Integer> agreed = new EnumMap<>(VideoRules.class);
    int refused = 0;
    for (JsonNode row : TABLES.path("sampling")) {
      VideoSettings settings = settings(rules(row));
      FrameSampling sampler = new FrameSampling(settings);
      long total = row.path("total").asLong();
      double fps = row.path("fps").asDouble();
      int height = row.path("height").asInt();
      int width = row.path("width").asInt();
      if (row.path("found").asString().equals("refused")) {
        assertThatExceptionOfType(InvalidRequestException.class)
            .as(row.toString())
            .isThrownBy(() -> {
              FrameSampling.Chosen chosen = sampler.ofFile(total, fps, sampling(row));
              FrameSizes.of(settings, chosen.frames().length, height, width, false);
            });
        refused++;
        continue;
      }
      FrameSampling.Chosen chosen = sampler.ofFile(total, fps, sampling(row));
      SmartResize.Size size = FrameSizes.of(settings, chosen.frames().length, height, width, false);
      String words =
          "%s;%s;%d,%d"
              .formatted(
                  LongStream.of(chosen.frames())
                      .mapToObj(Long::toString)
                      .collect(Collectors.joining(",")),
                  String.join(",", chosen.timestamps()),
                  size.height(),
                  size.width());
      assertThat(Checksums.of(words))
          .as("%s%n%s", row, words)
          .isEqualTo(row.path("found").asString());
      agreed.merge(rules(row), 1, Integer::sum);
    }
    assertThat(agreed).hasSize(3).allSatisfy((_, count) -> assertThat(count).isGreaterThan(300));
    assertThat(refused).isPositive();
  }

  @Test
  void sizesOfListsAreTheReferences() {
    int agreed = 0;
    for (JsonNode row : TABLES.path("sizes")) {
      VideoSettings settings = settings(rules(row));
      int height = row.path("height").asInt();
      int width = row.path("width").asInt();
      JsonNode found = row.path("found");
      if (!found.isArray()) {
        continue; // the reference has no size, and what is given here is of no matter
      }
      SmartResize.Size before =
          settings.rules() == VideoRules.OFFICIAL
              ? FrameSizes.listed(settings.factor(), height, width)
              : new SmartResize.Size(height, width);
      SmartResize.Size size =
          FrameSizes.of(
              settings, row.path("frames").asInt(), before.height(), before.width(), true);
      assertThat(List.of(before.height(), before.width(), size.height(), size.width()))
          .as(row.toString())
          .containsExactly(
              found.get(0).asInt(),
              found.get(1).asInt(),
              found.get(2).asInt(),
              found.get(3).asInt());
      agreed++;
    }
    assertThat(agreed).isGreaterThan(120);
  }

  @Test
  void resizedSamplesAreTorchs() {
    assertThat(TABLES.path("resizes")).hasSizeGreaterThan(4);
    for (JsonNode row : TABLES.path("resizes")) {
      int height = row.path("height").asInt();
      int width = row.path("width").asInt();
      int toHeight = row.path("to").get(0).asInt();
      int toWidth = row.path("to").get(1).asInt();
      for (TorchResize kind : TorchResize.values()) {
        byte[][] resized = new byte[2][];
        for (int frame = 0; frame < 2; frame++) {
          RgbImage image =
              new RgbImage(
                  width,
                  height,
                  FormulaFrames.samples(frame, height, width, row.path("seed").asInt()));
          resized[frame] = kind.resize(image, toWidth, toHeight, WorkGuard.UNBOUNDED).samples();
        }
        assertThat(Checksums.of(resized))
            .as("%s %s", kind, row)
            .isEqualTo(row.path(kind == TorchResize.BYTES ? "bytes" : "floats").asString());
      }
    }
  }

  /** Frames by the formula, which come as if a library had decoded them. */
  private record FormulaVideo(int height, int width, long frames, double framesPerSecond)
      implements OpenVideo, VideoDecoder {
    @Override
    public String name() {
      return "formula";
    }

    @Override
    public OpenVideo open(Path file, MediaGuard guard) {
      return this;
    }

    @Override
    public OpenVideo open(byte[] file, MediaGuard guard) {
      return this;
    }

    @Override
    public void read(long[] wanted, FrameSink sink) {
      LongStream.of(wanted)
          .distinct()
          .forEach(
              frame -> sink.accept(frame, FormulaFrames.samples((int) frame, height, width, 11)));
    }

    @Override
    public void close() {}
  }

  @Test
  void samplesAndPatchesAreTheReferences() {
    int agreed = 0;
    for (JsonNode row : TABLES.path("samples")) {
      VideoRules rules = rules(row);
      int count = row.path("frames").asInt();
      int height = row.path("height").asInt();
      int width = row.path("width").asInt();
      boolean listed = row.path("listed").asBoolean();
      // At this rate all frames are seen.
      double rate = rules == VideoRules.OFFICIAL ? 1 : 2;
      FormulaVideo file = new FormulaVideo(height, width, count, rate);
      VideoPreprocessor preprocessor =
          new VideoPreprocessor(settings(rules), ImageRules.OFFICIAL, () -> Optional.of(file));
      VideoSource source =
          listed
              ? new VideoSource.Frames(FormulaFrames.encoded(count, height, width, 11), 0, "clip")
              : new VideoSource.Encoded(new byte[1], "clip");
      VideoPreprocessor.Slices slices =
          preprocessor.slices(source, VideoSampling.DEFAULT, WorkGuard.UNBOUNDED);
      JsonNode grid = row.path("grid");
      assertThat(slices.slices()).as(row.toString()).hasSize(grid.get(0).asInt());
      CRC32 patches = new CRC32();
      for (ImagePatches.Pair slice : slices.slices()) {
        assertThat(List.of(slice.gridHeight(), slice.gridWidth()))
            .as(row.toString())
            .containsExactly(grid.get(1).asInt(), grid.get(2).asInt());
        update(patches, slice);
      }
      assertThat(Checksums.of(patches))
          .as(row.toString())
          .isEqualTo(row.path("patches").asString());
      agreed++;
    }
    assertThat(agreed).isGreaterThanOrEqualTo(12);
  }

  /** In the reference's order: patch, color, frame, pixel. */
  private static void update(CRC32 crc, ImagePatches.Pair slice) {
    float[][] frames = {slice.first().values(), slice.second().values()};
    int plane = 16 * 16;
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * plane).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < frames[0].length; from += plane) {
      for (float[] frame : frames) {
        bytes.clear();
        for (int i = 0; i < plane; i++) {
          bytes.putFloat(frame[from + i]);
        }
        crc.update(bytes.array());
      }
    }
  }

  @Test
  void aVideoThatCannotBeReadIsRefusedInWords() {
    VideoPreprocessor without =
        new VideoPreprocessor(settings(VideoRules.OFFICIAL), ImageRules.OFFICIAL, Optional::empty);
    VideoSource file = new VideoSource.Encoded(new byte[9], "clip.mp4");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> without.slices(file, VideoSampling.DEFAULT, WorkGuard.UNBOUNDED))
        .withMessage(
            "clip.mp4: no library that decodes videos is there; add dev.vl4j:vl4j-ffmpeg, or give"
                + " the video as a list of its frames");
    List<dev.vl4j.engine.ImageSource> frames =
        List.of(
            FormulaFrames.encoded(1, 40, 50, 0).getFirst(),
            FormulaFrames.encoded(1, 400, 50, 0).getFirst());
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() ->
            without.slices(
                new VideoSource.Frames(frames, 0, "clip"),
                VideoSampling.DEFAULT,
                WorkGuard.UNBOUNDED))
        .withMessage(
            "clip: frame 0 has 96 x 64 pixels, frame 1 has 64 x 384; all frames need one size");
    for (VideoRules rules : VideoRules.values()) {
      FormulaVideo one = new FormulaVideo(50, 50, 1, 24);
      VideoPreprocessor tiny =
          new VideoPreprocessor(settings(rules), ImageRules.OFFICIAL, () -> Optional.of(one));
      assertThatExceptionOfType(InvalidRequestException.class)
          .isThrownBy(() -> tiny.slices(file, VideoSampling.DEFAULT, WorkGuard.UNBOUNDED))
          .withMessage("clip.mp4: the video has 1 frames, and a video takes two at least");
    }
  }
}
