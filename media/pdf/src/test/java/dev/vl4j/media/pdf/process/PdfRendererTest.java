package dev.vl4j.media.pdf.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import dev.vl4j.media.pdf.Documents;
import dev.vl4j.media.pdf.PagesTest;
import dev.vl4j.media.pdf.PdfBoxRenderer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a page does to the process that draws it, it does to no other. */
@Execution(ExecutionMode.SAME_THREAD) // the processes of a test are counted
class PdfRendererTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  /** Shared, so that the process is. */
  private static final PageRenderer THERE = renderer("256m", 1);

  private final PageRenderer here = new PdfBoxRenderer();

  private static PageRenderer renderer(String memory, int idleSeconds) {
    return new PdfRenderer(memory, idleSeconds, (int) LONG.toSeconds());
  }

  private static byte[] draw(PageRenderer renderer, byte[] file) throws MediaException {
    MeteredGuard guard = new MeteredGuard().withTime(LONG);
    try (OpenPages pages = renderer.open(file, guard)) {
      return pages.render(0, 101, 53);
    } finally {
      assertThat(guard.held()).isZero();
    }
  }

  private static List<ProcessHandle> processes() {
    return ProcessHandle.current().children().toList();
  }

  private static void awaitNoProcesses() throws InterruptedException {
    long end = System.nanoTime() + LONG.toNanos();
    while (!processes().isEmpty()) {
      assertThat(System.nanoTime()).as("processes go on").isLessThan(end);
      Thread.sleep(10);
    }
  }

  private static final byte[] EASY =
      Documents.page("/Contents 4 0 R").stream("", "10 10 100 50 re f").bytes();

  /** PDFBox reads codes of no bytes, for ever. */
  private static byte[] endless() {
    return text("/Encoding 6 0 R", "").stream(
            "", "1 begincodespacerange <> <> endcodespacerange endcmap")
        .bytes();
  }

  /** PDFBox makes an entry for each number between two. */
  private static byte[] greedy() {
    return text("/Encoding /Identity-H", "/W [0 2000000000 500]").bytes();
  }

  private static Documents text(String font, String descendant) {
    return Documents.page("/Resources << /Font << /F 5 0 R >> >> /Contents 4 0 R").stream(
            "", "BT /F 10 Tf 10 50 Td (AB) Tj ET")
        .add(
            "<< /Type /Font /Subtype /Type0 /BaseFont /X %s /DescendantFonts [<< /Type /Font"
                    .formatted(font)
                + " /Subtype /CIDFontType2 /BaseFont /X %s /FontDescriptor << /Type"
                    .formatted(descendant)
                + " /FontDescriptor /FontName /X /Flags 4 >> >>] >>");
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(PageRenderer.class).stream())
        .extracting(ServiceLoader.Provider::type)
        .containsExactly(PdfRenderer.class);
    assertThat(new PdfRenderer().name()).matches("Apache PDFBox 3\\.\\d+\\.\\d+");
    assertThat(renderer("512m", 0).name())
        .matches("Apache PDFBox 3\\.\\d+\\.\\d+, in processes of 512 MB");
    for (String wrong : new String[] {"", "yes", "1", "0g", "-1g", "1t", "9999999g"}) {
      String reason =
          "-Dvl4j.pdf.process: expected off or a size of memory such as 1g or 512m, found " + wrong;
      assertThat(renderer(wrong, 0).name()).endsWith(", not usable: " + reason);
      assertThatThrownBy(() -> draw(renderer(wrong, 0), EASY))
          .isInstanceOf(MediaException.class)
          .hasMessage(reason);
    }
  }

  static Stream<String> files() {
    return PagesTest.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void pagesAreThoseThatAreDrawnHere(String name) throws IOException, MediaException {
    byte[] file = PagesTest.bytes(name);
    try (OpenPages there = THERE.open(file, new MeteredGuard());
        OpenPages expected = here.open(file, new MeteredGuard())) {
      assertThat(there.pages()).isEqualTo(expected.pages());
      assertThat(there.size(0)).isEqualTo(expected.size(0));
      for (int width : new int[] {1, 83, 301}) {
        assertThat(there.render(0, width, 97)).isEqualTo(expected.render(0, width, 97));
      }
    }
  }

  @Test
  void whatIsRefusedIsRefusedInTheSameWords(@TempDir Path folder)
      throws InterruptedException, MediaException {
    awaitNoProcesses();
    PageRenderer renderer = renderer("256m", 1);
    byte[] broken = "no document".getBytes(StandardCharsets.US_ASCII);
    for (int round = 0; round < 3; round++) {
      assertThatThrownBy(() -> draw(renderer, broken))
          .isInstanceOf(MediaException.class)
          .hasMessage("it is broken, or no PDF file");
      try (OpenPages pages = renderer.open(EASY, new MeteredGuard())) {
        assertThatThrownBy(() -> pages.size(1))
            .isInstanceOf(MediaException.class)
            .hasMessage("it has 1 pages, and none of number 2");
        assertThatThrownBy(() -> pages.render(0, 0, 10)).isInstanceOf(MediaException.class);
        assertThat(pages.render(0, 10, 10)).isEqualTo(drawnHere(10, 10));
      }
    }
    assertThat(processes()).hasSize(1);
    assertThatThrownBy(() -> renderer.open(folder, new MeteredGuard()))
        .hasMessage("it is no regular file");
    assertThatThrownBy(() -> renderer.open(folder.resolve("none.pdf"), new MeteredGuard()))
        .hasMessage("it does not exist");
  }

  private byte[] drawnHere(int width, int height) throws MediaException {
    try (OpenPages pages = here.open(EASY, new MeteredGuard())) {
      return pages.render(0, width, height);
    }
  }

  @Test
  void aPageWithoutAnEndEndsWithItsTime() throws InterruptedException {
    PageRenderer renderer = renderer("256m", 0);
    MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(2));
    assertThatThrownBy(
            () -> {
              try (OpenPages pages = renderer.open(endless(), guard)) {
                pages.render(0, 100, 50);
              }
            })
        .isInstanceOf(DeadlineExceededException.class);
    assertThat(guard.held()).isZero();
    awaitNoProcesses();
  }

  @Test
  void aPageWithoutAnEndEndsByItself() throws InterruptedException {
    PageRenderer renderer = new PdfRenderer("256m", 0, 2);
    assertThatThrownBy(() -> draw(renderer, endless()))
        .isInstanceOf(MediaException.class)
        .hasMessage("it takes more than 2 seconds");
    awaitNoProcesses();
  }

  @Test
  void aPageWithoutAnEndEndsWithAnInterrupt() throws InterruptedException {
    awaitNoProcesses();
    PageRenderer renderer = renderer("256m", 0);
    Thread asking = Thread.currentThread();
    Thread interrupter =
        Thread.ofVirtual()
            .start(() -> {
              while (processes().isEmpty()) {
                Thread.onSpinWait();
              }
              asking.interrupt();
            });
    assertThatThrownBy(() -> draw(renderer, endless()))
        .isInstanceOf(RequestCancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
    interrupter.join();
    awaitNoProcesses();
  }

  @Test
  void memoryThatAFileMayNotTake() throws MediaException {
    PageRenderer renderer = renderer("96m", 1);
    String reason = "it takes more than the 96 MB of memory of a process that draws pages";
    for (int round = 0; round < 2; round++) {
      assertThatThrownBy(() -> draw(renderer, greedy()))
          .isInstanceOf(MediaException.class)
          .hasMessage(reason);
      assertThat(draw(renderer, EASY)).hasSize(3 * 101 * 53);
    }
    assertThatThrownBy(
            () -> {
              try (OpenPages pages = renderer.open(EASY, new MeteredGuard())) {
                pages.render(0, 10_000, 10_000);
              }
            })
        .isInstanceOf(MediaException.class)
        .hasMessage(reason);
  }

  /** A class that the stack's end has kept from being initialized cannot be used any more. */
  @Test
  void processesThatRanOutOfStack() throws InterruptedException, MediaException {
    awaitNoProcesses();
    PageRenderer renderer = renderer("256m", 60);
    draw(renderer, EASY);
    ProcessHandle first = processes().getFirst();
    byte[] nested =
        text("/Encoding /Identity-H /ToUnicode 6 0 R", "").stream("", "[".repeat(100_000)).bytes();
    assertThatThrownBy(() -> draw(renderer, nested))
        .isInstanceOf(MediaException.class)
        .hasMessage("it is broken: its parts are nested without an end");
    assertThat(draw(renderer, EASY)).hasSize(3 * 101 * 53);
    assertThat(processes()).doesNotContain(first);
    processes().forEach(ProcessHandle::destroyForcibly);
  }

  /** Whoever comes next does not notice. */
  @Test
  void processesThatEnd() throws InterruptedException, MediaException {
    awaitNoProcesses();
    PageRenderer renderer = renderer("256m", 60);
    draw(renderer, EASY);
    ProcessHandle first = processes().getFirst();
    first.destroyForcibly();
    assertThat(draw(renderer, EASY)).hasSize(3 * 101 * 53);

    try (OpenPages pages = renderer.open(EASY, new MeteredGuard().withTime(LONG))) {
      processes().forEach(ProcessHandle::destroyForcibly);
      assertThat(pages.render(0, 10, 10)).isEqualTo(drawnHere(10, 10));
      assertThat(pages.size(0)).isEqualTo(new OpenPages.PageSize(200, 100));
      processes().forEach(ProcessHandle::destroyForcibly);
      assertThatThrownBy(() -> pages.size(0))
          .isInstanceOf(MediaException.class)
          .hasMessageStartingWith("the process that drew it has ended with code ");
    }
    assertThat(draw(renderer, EASY)).hasSize(3 * 101 * 53);
    processes().forEach(ProcessHandle::destroyForcibly);
  }

  /** Each takes the only process from the other, until both are done but the one that cannot be. */
  @Test
  void pagesThatTakeLongLetOthersGoFirst() throws Exception {
    Workers one = new Workers(new WorkerProcess.Limits(256 << 20, (int) LONG.toSeconds()), 1, 1);
    String lines = Documents.star(18_000, "l", 1);
    byte[] slow = Documents.page("/Contents 4 0 R").stream("", lines + "f").bytes();
    byte[] expected;
    try (OpenPages pages = here.open(slow, new MeteredGuard())) {
      expected = pages.render(0, 1500, 1000);
    }
    MeteredGuard never = new MeteredGuard().withTime(LONG);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> endless = threads.submit(() -> drawn(one, endless(), never));
      Future<byte[]> drawn =
          threads.submit(() -> drawn(one, slow, new MeteredGuard().withTime(LONG)));
      for (int i = 0; i < 5; i++) {
        assertThat(drawn(one, EASY, new MeteredGuard().withTime(LONG))).hasSize(3 * 1500 * 1000);
      }
      assertThat(drawn.get()).isEqualTo(expected);
      assertThat(endless.isDone()).isFalse();
      endless.cancel(true);
    }
    awaitNoProcesses();
  }

  private static byte[] drawn(Workers workers, byte[] file, MeteredGuard guard)
      throws MediaException {
    try (OpenPages pages = ProcessPages.open(file, new MediaWork(guard), workers)) {
      return pages.render(0, 1500, 1000);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void areEndedFirstWhereMemoryRunsOut() throws InterruptedException, IOException, MediaException {
    awaitNoProcesses();
    draw(THERE, EASY);
    Path process = Path.of("/proc", Long.toString(processes().getFirst().pid()));
    assertThat(process.resolve("oom_score_adj")).hasContent("1000");
  }

  @Test
  void asManyAsThereAreProcessors() throws InterruptedException, ExecutionException {
    awaitNoProcesses();
    PageRenderer renderer = renderer("256m", 60);
    int most = Runtime.getRuntime().availableProcessors();
    Callable<Integer> drawing =
        () -> {
          int count = 0;
          for (int i = 0; i < 3; i++) {
            draw(renderer, EASY);
            count = Math.max(count, processes().size());
          }
          return count;
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> one : threads.invokeAll(Collections.nCopies(6, drawing))) {
        assertThat(one.get()).isLessThanOrEqualTo(most);
      }
    }
    processes().forEach(ProcessHandle::destroyForcibly);
  }
}
