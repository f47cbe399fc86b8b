package dev.vl4j.media.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.VideoDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Frames are those of PyAV, which {@code bench/reference/clips.py} wrote down. */
class ClipsTest {
  /** swscale computes colors by other code on other processors, which may round otherwise. */
  private static final boolean SAME_ROUNDING = System.getProperty("os.arch").equals("amd64");

  private static final double MEAN_TOLERANCE = 0.5;

  private static final JsonNode EXPECTED =
      JsonMapper.shared().readTree(Clips.path("expected.json").toFile());

  private final VideoDecoder decoder = new FfmpegDecoder();

  static Stream<String> clips() {
    return EXPECTED.propertyStream().map(entry -> entry.getKey());
  }

  @Test
  void everyClipHasFramesToCompareWith() throws IOException {
    try (Stream<Path> files = Files.list(Clips.FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("expected.json")
          .filteredOn(name -> !name.endsWith(".json"))
          .hasSizeGreaterThan(20)
          .containsExactlyInAnyOrderElementsOf(clips().toList());
    }
  }

  @ParameterizedTest
  @MethodSource("clips")
  void framesOfABytesAreThoseOfPyAv(String name) throws IOException, MediaException {
    MeteredGuard guard = new MeteredGuard();
    try (OpenVideo video = decoder.open(Clips.bytes(name), guard)) {
      compare(name, video);
    }
    assertThat(guard.held()).isZero();
    assertThat(guard.checks()).isGreaterThan(10);
  }

  @ParameterizedTest
  @MethodSource("clips")
  void framesOfAFileAreThoseOfPyAv(String name) throws MediaException {
    try (OpenVideo video = decoder.open(Clips.path(name), new MeteredGuard())) {
      compare(name, video);
    }
  }

  private static void compare(String name, OpenVideo video) throws MediaException {
    JsonNode expected = EXPECTED.get(name);
    assertThat(video.width()).isEqualTo(expected.get("width").intValue());
    assertThat(video.height()).isEqualTo(expected.get("height").intValue());
    assertThat(video.frames()).isEqualTo(expected.get("sha256").size());
    assertThat(video.framesPerSecond()).isEqualTo(expected.get("fps").doubleValue());
    List<String> digests = new ArrayList<>();
    video.read(
        LongStream.range(0, video.frames()).toArray(),
        (frame, samples) -> {
          assertThat(frame).isEqualTo(digests.size());
          digests.add(sha256(samples));
          JsonNode means = expected.get("mean").get((int) frame);
          for (int channel = 0; channel < 3; channel++) {
            assertThat(mean(samples, channel))
                .as("frame %d, channel %d", frame, channel)
                .isCloseTo(means.get(channel).doubleValue(), within(MEAN_TOLERANCE));
          }
        });
    List<String> reference =
        expected.get("sha256").valueStream().map(JsonNode::stringValue).toList();
    if (SAME_ROUNDING) {
      assertThat(digests).isEqualTo(reference);
    } else {
      assertThat(digests).hasSameSizeAs(reference);
    }
  }

  @ParameterizedTest
  @MethodSource("clips")
  void someFramesAreTheSameAsAmongAll(String name) throws IOException, MediaException {
    byte[] clip = Clips.bytes(name);
    try (OpenVideo video = decoder.open(clip, new MeteredGuard())) {
      List<String> all = digests(video, LongStream.range(0, video.frames()).toArray());
      long last = video.frames() - 1;
      long[] some = {0, last / 2, last / 2, last};
      assertThat(digests(video, some))
          .isEqualTo(
              LongStream.of(some).distinct().mapToObj(frame -> all.get((int) frame)).toList());
      assertThat(digests(video, new long[] {last})).containsExactly(all.getLast());
      assertThat(digests(video, new long[0])).isEmpty();
    }
  }

  private static List<String> digests(OpenVideo video, long[] wanted) throws MediaException {
    List<String> digests = new ArrayList<>();
    video.read(wanted, (frame, samples) -> digests.add(sha256(samples)));
    return digests;
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(VideoDecoder.class).stream())
        .extracting(ServiceLoader.Provider::type)
        .containsExactly(FfmpegDecoder.class);
    assertThat(decoder.name()).startsWith("FFmpeg 8.").contains("LGPL");
  }

  private static double mean(byte[] samples, int channel) {
    long sum = 0;
    for (int i = channel; i < samples.length; i += 3) {
      sum += Byte.toUnsignedInt(samples[i]);
    }
    return sum / (samples.length / 3.0);
  }

  private static String sha256(byte[] samples) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(samples));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
