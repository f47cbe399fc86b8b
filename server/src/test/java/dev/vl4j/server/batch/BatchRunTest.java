package dev.vl4j.server.batch;

import static dev.vl4j.server.batch.BatchHarness.answers;
import static dev.vl4j.server.batch.BatchHarness.body;
import static dev.vl4j.server.batch.BatchHarness.run;
import static dev.vl4j.server.batch.BatchHarness.utf8;
import static dev.vl4j.server.batch.BatchHarness.wrapped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(60)
class BatchRunTest {
  private static String lines(int count) {
    return IntStream.range(0, count)
        .mapToObj(BatchHarness::body)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static PrintStream print(OutputStream out) {
    return new PrintStream(out, false, StandardCharsets.UTF_8);
  }

  @Test
  void answersKeepTheOrderOfLines() {
    FakeReranker reranker = new FakeReranker(8, 8);
    List<JsonNode> answers = answers(utf8(lines(80)), reranker);
    assertThat(answers)
        .extracting(answer ->
            answer.path("results").get(0).path("document").path("text").stringValue().substring(2))
        .isEqualTo(IntStream.range(0, 80).mapToObj(Integer::toString).toList());
    assertThat(reranker.finished.subList(0, 8))
        .isEqualTo(List.copyOf(reranker.requests.subList(0, 8)).reversed());
  }

  @Test
  void noMoreRequestsAreInFlightThanAllowed() {
    int most = RerankTask.MOST_AT_ONCE;
    FakeReranker reranker = new FakeReranker(most, most);
    assertThat(answers(utf8(lines(10 * most)), reranker)).hasSize(10 * most);
    assertThat(reranker.mostAtOnce).isEqualTo(most);
  }

  @Test
  void aLineOfManyRequestsIsHeldBackToo() {
    int most = RerankTask.MOST_AT_ONCE;
    String queries =
        IntStream.range(0, 3 * most)
            .mapToObj(i -> "\"q" + i + "\"")
            .collect(Collectors.joining(",", "[", "]"));
    String line =
        "{\"custom_id\": \"s\", \"method\": \"POST\", \"url\": \"/v1/score\", \"body\":"
            + " {\"queries\": %s, \"documents\": %s}}".formatted(queries, queries);
    FakeReranker reranker = new FakeReranker(most, most);
    List<JsonNode> answers = answers(utf8(line), reranker);
    assertThat(reranker.mostAtOnce).isEqualTo(most);
    JsonNode data = answers.getFirst().path("response").path("body").path("data");
    assertThat(data.values()).hasSize(3 * most);
    assertThat(data.get(5).path("index").intValue()).isEqualTo(5);
  }

  /** Lines are made when they are read, so it is seen how far reading is ahead of writing. */
  @Test
  void linesAreNotReadFarAhead() {
    int count = 2000;
    int[] written = new int[1];
    int[] furthest = new int[1];
    InputStream in =
        new InputStream() {
          private int made;
          private byte[] line = {};
          private int next;

          @Override
          public synchronized int read() {
            throw new UnsupportedOperationException();
          }

          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            if (next == line.length) {
              if (made == count) {
                return -1;
              }
              line = utf8(body(made++) + "\n");
              next = 0;
              synchronized (written) {
                furthest[0] = Math.max(furthest[0], made - written[0]);
              }
            }
            int taken = Math.min(length, line.length - next);
            System.arraycopy(line, next, bytes, offset, taken);
            next += taken;
            return taken;
          }
        };
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int one) {
            throw new UnsupportedOperationException();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            synchronized (written) {
              written[0] += 1;
            }
          }
        };
    BatchRun run =
        new BatchRun(
            new BatchInput(in, "in", 0, 1000),
            new StreamOutput(new PrintStream(out), "out", false),
            BatchHarness.task("f", new FakeReranker()));
    run.resume();
    run.run();
    assertThat(written[0]).isEqualTo(count);
    // Those that wait, one that is being written, one that is being read.
    assertThat(furthest[0]).isBetween(1, RerankTask.MOST_AT_ONCE + 2);
  }

  @Test
  void envelopesAreAnsweredInEnvelopes() {
    JsonNode answer = answers(utf8(wrapped("q")), new FakeReranker()).getFirst();
    assertThat(answer.propertyNames()).containsExactly("id", "custom_id", "response", "error");
    assertThat(answer.path("id").stringValue()).startsWith("vllm-");
    assertThat(answer.path("custom_id").stringValue()).isEqualTo("c-q");
    assertThat(answer.get("error").isNull()).isTrue();
    JsonNode response = answer.path("response");
    assertThat(response.path("status_code").intValue()).isEqualTo(200);
    assertThat(response.path("request_id").stringValue()).startsWith("vllm-batch-");
    JsonNode bare = answers(utf8(body("q")), new FakeReranker()).getFirst();
    assertThat(response.path("body").path("results")).isEqualTo(bare.path("results"));
    assertThat(response.path("body").propertyNames())
        .containsExactlyElementsOf(bare.propertyNames());
  }

  @Test
  void aBareBodyKeepsItsCustomId() {
    String line = body("q").replace("{\"query\"", "{\"custom_id\": 7, \"url\": \"x\", \"query\"");
    JsonNode answer = answers(utf8(line), new FakeReranker()).getFirst();
    assertThat(answer.propertyNames())
        .containsExactly("id", "custom_id", "model", "usage", "results");
    assertThat(answer.path("custom_id").intValue()).isEqualTo(7);
    JsonNode failed =
        answers(utf8("{\"custom_id\": 7, \"query\": 1}"), new FakeReranker()).getFirst();
    assertThat(failed.propertyNames()).containsExactly("id", "custom_id", "error");
  }

  @Test
  void scoresComeInTheOrderOfPairs() {
    String line =
        """
        {"custom_id": "s", "method": "POST", "url": "/score", "body":
          {"text_1": ["q", "r", "q"], "text_2": ["a", "b", "c"], "use_activation": false}}
        """
            .replace("\n", " ");
    FakeReranker reranker = new FakeReranker();
    JsonNode body = answers(utf8(line), reranker).getFirst().path("response").path("body");
    assertThat(reranker.requests).hasSize(2);
    assertThat(body.path("created").intValue()).isEqualTo(42);
    assertThat(body.path("data").valueStream().map(one -> one.path("score").doubleValue()))
        .containsExactly(
            "q/a".hashCode() % 1000 / 100.0,
            "r/b".hashCode() % 1000 / 100.0,
            "q/c".hashCode() % 1000 / 100.0);
  }

  @Test
  void anEngineThatFailsEndsTheRunBehindWhatIsDone() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String input = body(1) + "\n" + body("broken") + "\n" + body(2);
    BatchRun run = run(utf8(input), BatchOutput.stream(print(out), "out"), "f", new FakeReranker());
    run.resume();
    assertThatThrownBy(run::run).isInstanceOf(IllegalStateException.class).hasMessage("test");
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    assertThat(run.tally().lines()).isEqualTo(1);
  }

  @Test
  void anInputThatFailsEndsTheRunBehindWhatIsDone() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(utf8(lines(3))),
            new FilterInputStream(InputStream.nullInputStream()) {
              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("disk on fire");
              }
            });
    BatchRun run =
        new BatchRun(
            new BatchInput(broken, "in", 0, 1000),
            BatchOutput.stream(print(out), "out"),
            BatchHarness.task("f", new FakeReranker()));
    run.resume();
    assertThatThrownBy(run::run)
        .isInstanceOf(BatchException.class)
        .hasMessage("cannot read in: disk on fire");
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(3);
  }

  @Test
  void aStreamThatIsClosedEndsTheRun() {
    PrintStream closed = print(OutputStream.nullOutputStream());
    closed.close();
    BatchRun run =
        run(utf8(lines(3)), BatchOutput.stream(closed, "stdout"), "f", new FakeReranker());
    run.resume();
    assertThatThrownBy(run::run).isInstanceOf(BatchException.class).hasMessageContaining("stdout");
  }

  @Test
  void stoppingDropsWhatIsNotDoneAndCancelsIt() throws InterruptedException {
    CountDownLatch submitted = new CountDownLatch(5);
    CompletableFuture<Ranking> never = new CompletableFuture<>();
    FakeReranker reranker =
        new FakeReranker() {
          @Override
          public CompletableFuture<Ranking> submit(RerankRequest request) {
            boolean third = requests.size() == 2;
            CompletableFuture<Ranking> work = super.submit(request);
            submitted.countDown();
            return third ? never : work;
          }
        };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BatchRun run = run(utf8(lines(5)), BatchOutput.stream(print(out), "out"), "f", reranker);
    run.resume();
    Thread thread = Thread.ofPlatform().start(run::run);
    submitted.await();
    run.stop();
    thread.join();
    assertThat(never).isCancelled();
    assertThat(run.isStopped()).isTrue();
    // The first two may have been on their way; of those behind the third none is written.
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(run.tally().lines()).isEqualTo(out.toString(StandardCharsets.UTF_8).lines().count());
  }

  @Test
  void settingsAreAppliedToEachRequest() {
    FakeReranker reranker = new FakeReranker();
    BatchRun run =
        new BatchRun(
            new BatchInput(
                new ByteArrayInputStream(utf8(body(1) + "\n" + wrapped(2))), "in", 0, 1000),
            BatchOutput.stream(print(OutputStream.nullOutputStream()), "out"),
            new RerankTask(
                reranker,
                new RerankTask.Settings(
                    "m",
                    BatchHarness.IMAGES,
                    request -> request.withInstruction("find"),
                    true,
                    own -> 1,
                    "f"),
                InstantSource.system()));
    run.resume();
    run.run();
    assertThat(reranker.requests).extracting(RerankRequest::instruction).containsOnly("find");
    assertThat(reranker.requests).hasSize(2);
    assertThat(run.tally().summary()).startsWith("2 lines, 0 failed, 4 documents, 28 tokens in ");
  }
}
