package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;

/** What a task does with an engine that answers as a test wants it. */
class RowWindowTest {
  /** Rows of one string, which is grouped by its first character and answered by its length. */
  private record Lengths(boolean hasMedia) implements RowRequests<String> {
    @Override
    public int columns() {
      return 1;
    }

    @Override
    public void addUris(Row row, Set<String> uris) {}

    @Override
    public String input(Row row, BlockMedia media) throws RowFailure {
      if (row.isNullAt(0)) {
        throw new RowFailure("null");
      }
      return row.getString(0);
    }

    @Override
    public long mediaBytes(String input) {
      return hasMedia ? input.length() : 0;
    }

    @Override
    public Object group(String input) {
      return input.charAt(0);
    }

    @Override
    public Asking<String> engine(TaskContext task) {
      throw new UnsupportedOperationException();
    }
  }

  private final List<List<String>> asked = new ArrayList<>();
  private final List<CompletableFuture<List<RowRequests.Answer>>> answers = new ArrayList<>();
  private volatile boolean killed;

  private CompletableFuture<List<RowRequests.Answer>> later(List<String> inputs) {
    asked.add(List.copyOf(inputs));
    CompletableFuture<List<RowRequests.Answer>> answer = new CompletableFuture<>();
    answers.add(answer);
    return answer;
  }

  private CompletableFuture<List<RowRequests.Answer>> now(List<String> inputs) {
    CompletableFuture<List<RowRequests.Answer>> answer = later(inputs);
    if (inputs.stream().anyMatch(input -> input.contains("bad"))) {
      answer.completeExceptionally(new InvalidRequestException("one is bad"));
    } else {
      answer.complete(lengths(inputs));
    }
    return answer;
  }

  private static List<RowRequests.Answer> lengths(List<String> inputs) {
    return inputs.stream()
        .map(input -> new RowRequests.Answer(List.of(input.length()), 1))
        .toList();
  }

  private RowWindow<String> window(
      Iterator<Row> rows,
      RowRequests.Asking<String> engine,
      RowWindow.Limits limits,
      boolean media,
      boolean keepFailures) {
    return new RowWindow<>(
        rows,
        new Lengths(media),
        engine,
        new MediaFiles(new Configuration(false), 1, _ -> {}),
        limits,
        new TransformMetrics(LocalSpark.session().sparkContext(), "test"),
        keepFailures,
        new EngineWait(() -> killed));
  }

  private RowWindow<String> window(Iterator<Row> rows, RowRequests.Asking<String> engine) {
    return window(rows, engine, new RowWindow.Limits(256, 1 << 20), false, true);
  }

  private static Iterator<Row> rows(String... texts) {
    return List.of(texts).stream().map(text -> RowFactory.create(text)).iterator();
  }

  private static Iterator<Row> many(int count) {
    return IntStream.range(0, count).mapToObj(i -> RowFactory.create("a" + i)).iterator();
  }

  @Test
  void rowsOfOneQueryMakeOneRequestAndComeInTheirOrder() {
    RowWindow<String> window = window(rows("a", "b1", "a22", "b333"), this::now);
    assertThat(window)
        .toIterable()
        .containsExactly(
            RowFactory.create("a", 1, null),
            RowFactory.create("b1", 2, null),
            RowFactory.create("a22", 3, null),
            RowFactory.create("b333", 4, null));
    assertThat(asked).containsExactly(List.of("a", "a22"), List.of("b1", "b333"));
    assertThat(window.hasNext()).isFalse();
    assertThatThrownBy(window::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void aRequestWithABadRowIsAskedAgainRowByRow() {
    RowWindow<String> window = window(rows("a1", "a bad one", "a3"), this::now);
    assertThat(window)
        .toIterable()
        .containsExactly(
            RowFactory.create("a1", 2, null),
            RowFactory.create("a bad one", null, "one is bad"),
            RowFactory.create("a3", 2, null));
    assertThat(asked)
        .containsExactly(
            List.of("a1", "a bad one", "a3"), List.of("a1"), List.of("a bad one"), List.of("a3"));
  }

  @Test
  void noMoreRowsAreAskedForThanTheWindowHas() {
    RowWindow<String> window =
        window(many(500), this::later, new RowWindow.Limits(130, 1 << 20), false, true);
    assertThat(window.hasNext()).isTrue();
    assertThat(asked).extracting(List::size).containsExactly(64, 64);
    answers.getFirst().complete(lengths(asked.getFirst()));
    assertThat(window.next().getString(0)).isEqualTo("a0");
    assertThat(asked).hasSize(2);
  }

  /** Blocks with images are of eight rows, and two of them have more bytes than the window. */
  @Test
  void noMoreBytesAreHeldThanTheWindowHasAndABlock() {
    RowWindow<String> window =
        window(many(500), this::later, new RowWindow.Limits(256, 20), true, true);
    assertThat(window.hasNext()).isTrue();
    assertThat(asked).extracting(List::size).containsExactly(8, 8);
  }

  @Test
  void aWindowOfOneRowAsksForOneRowAfterTheOther() {
    RowWindow<String> window =
        window(rows("a", "a", "a"), this::now, new RowWindow.Limits(1, 1), false, false);
    assertThat(window).toIterable().hasSize(3);
    assertThat(asked).hasSize(3).allMatch(inputs -> inputs.size() == 1);
  }

  @Test
  void anEngineWithoutMemoryIsAskedAgain() {
    RowWindow<String> window =
        window(
            rows("a"),
            inputs -> {
              CompletableFuture<List<RowRequests.Answer>> answer = now(inputs);
              if (asked.size() < 3) {
                answer.obtrudeException(new OverloadedException("no memory now"));
              }
              return answer;
            });
    assertThat(window.next()).isEqualTo(RowFactory.create("a", 1, null));
    assertThat(asked).hasSize(3);
  }

  /** It is no row's fault, so it is the task that fails. */
  @Test
  void anEngineThatHasStoppedEndsTheTask() {
    RowWindow<String> window =
        window(
            rows("a"),
            _ ->
                CompletableFuture.failedFuture(
                    new IllegalStateException("the engine has stopped")));
    assertThatIllegalStateException()
        .isThrownBy(window::next)
        .withMessage("the engine has stopped");
  }

  @Test
  void closingCancelsWhatIsAskedFor() {
    RowWindow<String> window = window(rows("a", "b", "c"), this::later);
    assertThat(window.hasNext()).isTrue();
    window.close();
    assertThat(answers).hasSize(3).allMatch(CompletableFuture::isCancelled);
  }

  @Test
  void aKilledTaskStopsWaiting() {
    RowWindow<String> window = window(rows("a"), this::later);
    killed = true;
    assertThatThrownBy(window::next).isInstanceOf(TaskKilledException.class);
    window.close();
    assertThat(answers.getFirst()).isCancelled();
  }

  @Test
  void anInterruptedTaskStopsWaiting() {
    RowWindow<String> window = window(rows("a"), this::later);
    Thread.currentThread().interrupt();
    assertThatThrownBy(window::next).isInstanceOf(TaskKilledException.class);
    assertThat(Thread.interrupted()).isTrue();
    window.close();
    assertThat(answers.getFirst()).isCancelled();
  }
}
