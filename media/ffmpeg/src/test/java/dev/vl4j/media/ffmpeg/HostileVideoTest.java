package dev.vl4j.media.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.VideoDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a file is, it is decoded or refused in words, within bounds, and nothing is left. */
class HostileVideoTest {
  private final VideoDecoder decoder = new FfmpegDecoder();

  private void open(byte[] file, MediaGuard guard) throws MediaException {
    try (OpenVideo video = decoder.open(file, guard)) {
      video.read(new long[] {video.frames() - 1}, (frame, samples) -> {});
    }
  }

  private void refused(byte[] file, String reason) {
    MeteredGuard guard = new MeteredGuard();
    assertThatThrownBy(() -> open(file, guard))
        .isInstanceOf(MediaException.class)
        .hasMessageContaining(reason);
    assertThat(guard.held()).isZero();
  }

  @Test
  void whatIsNoVideo() {
    refused(new byte[0], "it is broken, or no video in a container that is read");
    refused("hello".getBytes(StandardCharsets.UTF_8), "MP4, QuickTime, WebM");
    refused(new byte[100_000], "MP4, QuickTime, WebM");
  }

  /** Each names this very clip, and FFmpeg would open it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n%s\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile %s\n",
        "<?xml version=\"1.0\"?><MPD><Period><AdaptationSet><Representation>"
            + "<BaseURL>%s</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=%s\n",
      })
  void listsThatNameOtherFiles(String list) {
    refused(
        list.formatted(Clips.path("mpeg4.mp4").toAbsolutePath()).getBytes(StandardCharsets.UTF_8),
        "no video in a container that is read");
  }

  @Test
  void whatIsNoRegularFile(@TempDir Path folder) throws IOException, InterruptedException {
    assertThatThrownBy(() -> decoder.open(folder, new MeteredGuard()))
        .isInstanceOf(MediaException.class)
        .hasMessage("it is no regular file");
    assertThatThrownBy(() -> decoder.open(folder.resolve("none.mp4"), new MeteredGuard()))
        .isInstanceOf(MediaException.class)
        .hasMessage("it does not exist");
    Path pipe = folder.resolve("pipe.mp4");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "no mkfifo: no pipe is opened");
    assertThat(new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> decoder.open(pipe, new MeteredGuard()))
        .hasMessage("it is no regular file");
  }

  static Stream<String> clips() {
    return ClipsTest.clips();
  }

  /** Cut anywhere, a clip is a shorter one or refused. */
  @ParameterizedTest
  @MethodSource("clips")
  void cutFiles(String name) throws IOException {
    byte[] clip = Clips.bytes(name);
    for (int part = 0; part < 16; part++) {
      byte[] cut = Arrays.copyOf(clip, clip.length * part / 16);
      MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(20));
      try {
        open(cut, guard);
      } catch (MediaException e) {
        assertThat(e).message().isNotBlank().doesNotContain("Exception");
      }
      assertThat(guard.held()).as("%s, %d/16", name, part).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("clips")
  void framesThatAreTooLarge(String name) throws IOException {
    byte[] clip = Clips.bytes(name);
    MeteredGuard guard = new MeteredGuard().withMaxPixels(300);
    assertThatThrownBy(() -> open(clip, guard)).isInstanceOf(MediaException.class);
    assertThat(guard.most()).isLessThan(100_000);
  }

  @ParameterizedTest
  @MethodSource("clips")
  void memoryThatIsNotThere(String name) throws IOException {
    byte[] clip = Clips.bytes(name);
    MeteredGuard guard = new MeteredGuard().withBudget(1000);
    assertThatThrownBy(() -> open(clip, guard)).isInstanceOf(OverloadedException.class);
    assertThat(guard.held()).isZero();
  }

  @ParameterizedTest
  @MethodSource("clips")
  void workThatIsCancelledAnywhere(String name) throws IOException, MediaException {
    byte[] clip = Clips.bytes(name);
    MeteredGuard whole = new MeteredGuard();
    open(clip, whole);
    for (long checks = 0; checks < whole.checks(); checks += 1 + whole.checks() / 25) {
      MeteredGuard guard = new MeteredGuard().withChecks(checks);
      assertThatThrownBy(() -> open(clip, guard)).isInstanceOf(RequestCancelledException.class);
      assertThat(guard.held()).isZero();
    }
  }

  @Test
  void framesThatAreNotThere() throws IOException, MediaException {
    try (OpenVideo video = decoder.open(Clips.bytes("mpeg4.mp4"), new MeteredGuard())) {
      for (long frame : new long[] {-1, 9, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> video.read(new long[] {frame}, (index, samples) -> {}))
            .isInstanceOf(MediaException.class)
            .hasMessage("it has 9 frames, and none of number " + frame);
      }
    }
  }

  /** What the sink throws is the caller's own. */
  @Test
  void aSinkThatThrows() throws IOException, MediaException {
    MeteredGuard guard = new MeteredGuard();
    IllegalStateException mine = new IllegalStateException("mine");
    try (OpenVideo video = decoder.open(Clips.bytes("mpeg4.mp4"), guard)) {
      assertThatThrownBy(() ->
              video.read(
                  new long[] {0},
                  (frame, samples) -> {
                    throw mine;
                  }))
          .isSameAs(mine);
    }
    assertThat(guard.held()).isZero();
  }

  /** Chunks that say that they go on for gigabytes: what is read lies far behind the end. */
  @Test
  void placesBehindTheEnd() throws IOException {
    byte[] clip = Clips.bytes("mpeg4_b.avi");
    MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(20));
    for (int place = 8; place < 1000; place += 4) {
      byte[] file = clip.clone();
      ByteBuffer.wrap(file).putInt(place, 0xfffffff0);
      try {
        open(file, guard);
      } catch (MediaException e) {
        assertThat(e).message().isNotBlank();
      }
    }
    assertThat(guard.held()).isZero();
  }

  /**
   * One entry of a few bytes may stand for any number of samples, each with an entry of its own.
   */
  @Test
  void tablesThatAreHuge() throws IOException {
    byte[] clip = Clips.bytes("mpeg4.mp4");
    for (int count : List.of(10_000_000, 100_000_000, Integer.MAX_VALUE)) {
      byte[] file = clip.clone();
      int sizes = indexOf(file, "stsz") + 4;
      // All samples have one size, and are in one chunk.
      ByteBuffer.wrap(file).putInt(sizes + 4, 1).putInt(sizes + 8, count);
      int chunks = indexOf(file, "stsc") + 4;
      ByteBuffer.wrap(file).putInt(chunks + 12, count);
      int times = indexOf(file, "stts") + 4;
      ByteBuffer.wrap(file).putInt(times + 8, count);
      MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(30));
      long before = residentKilobytes();
      assertThatThrownBy(() -> open(file, guard))
          .isInstanceOfAny(MediaException.class, DeadlineExceededException.class);
      assertThat(residentKilobytes() - before).as("%d samples", count).isLessThan(700_000);
    }
  }

  private static int indexOf(byte[] file, String name) {
    return new String(file, StandardCharsets.ISO_8859_1).indexOf(name);
  }

  /** 1,000 files are opened, read, refused and cancelled, and nothing of them is left. */
  @Test
  void nothingLeaks() throws IOException, MediaException {
    List<String> names = ClipsTest.clips().toList();
    long before = 0;
    for (int i = 0; i < 1000; i++) {
      if (i == 300) {
        before = residentKilobytes();
      }
      byte[] clip = Clips.bytes(names.get(i % names.size()));
      switch (i % 4) {
        case 0, 1 -> open(clip, new MeteredGuard());
        case 2 -> {
          try {
            open(Arrays.copyOf(clip, clip.length / 2), new MeteredGuard());
          } catch (MediaException e) {
            assertThat(e).message().isNotBlank();
          }
        }
        default ->
            assertThatThrownBy(() -> open(clip, new MeteredGuard().withChecks(8)))
                .isInstanceOf(RequestCancelledException.class);
      }
    }
    assertThat(residentKilobytes() - before).as("growth in kB").isLessThan(60_000);
  }

  /** 0 where the system does not say. */
  private static long residentKilobytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }
}
