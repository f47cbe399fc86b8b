package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Records that say how to open a model or what to ask of it. */
class OptionsTest {
  private static final Device DEVICE = Device.open("reference", 1);

  private static final Map<Class<?>, Object> OTHERS =
      Map.ofEntries(
          Map.entry(int.class, 7),
          Map.entry(long.class, 7L),
          Map.entry(boolean.class, true),
          Map.entry(String.class, "other"),
          Map.entry(Device.class, DEVICE),
          Map.entry(Path.class, Path.of("other")),
          Map.entry(Duration.class, Duration.ofSeconds(7)),
          Map.entry(Precision.class, Precision.INT8),
          Map.entry(PixelBudget.class, PixelBudget.atMost(7)),
          Map.entry(ImageRules.class, ImageRules.VLLM),
          Map.entry(VideoRules.class, VideoRules.VLLM),
          Map.entry(CachingOptions.class, CachingOptions.NONE),
          Map.entry(BatchingOptions.class, new BatchingOptions(7, 7)),
          Map.entry(RequestLimits.class, RequestLimits.DEFAULT.withParts(7)),
          Map.entry(EngineObserver.class, new EngineObserver() {}),
          Map.entry(ModelOptions.class, ModelOptions.DEFAULT.withThreads(7)),
          Map.entry(
              RerankTemplate.class,
              new RerankTemplate(RerankTemplate.QWEN3_VL.pieces(), "another instruction")));

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  static Stream<Record> records() {
    return Stream.of(
        ModelOptions.DEFAULT,
        RerankerOptions.DEFAULT,
        CachingOptions.NONE,
        BatchingOptions.DEFAULT,
        RequestLimits.DEFAULT,
        RerankRequest.of(Content.text("query"), List.of(Content.text("document"))));
  }

  private static Map<String, Object> values(Record record) throws ReflectiveOperationException {
    Map<String, Object> values = new HashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      values.put(component.getName(), component.getAccessor().invoke(record));
    }
    return values;
  }

  /** Of a request, the query and the documents are given once for all. */
  @ParameterizedTest
  @MethodSource("records")
  void withersChangeWhatTheySayAndNothingElse(Record record) throws ReflectiveOperationException {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      String name = component.getName();
      Object other = OTHERS.get(component.getType());
      if (record instanceof RerankRequest && List.of("query", "documents").contains(name)) {
        continue;
      }
      assertThat(other).as("another %s for %s", component.getType(), name).isNotNull();
      String wither = "with" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
      Record changed =
          (Record) record.getClass().getMethod(wither, component.getType()).invoke(record, other);
      Map<String, Object> expected = values(record);
      assertThat(expected.put(name, other)).as(name).isNotEqualTo(other);
      assertThat(values(changed)).as(wither).isEqualTo(expected);
    }
  }

  record Refused(ThrowingCallable call, String message) {}

  static Stream<Refused> refusals() {
    ModelOptions model = ModelOptions.DEFAULT;
    return Stream.of(
        new Refused(() -> model.withThreads(-1), "threads: expected 0 or more, found -1"),
        new Refused(() -> model.withMaxTokens(-2), "maxTokens: expected 0 or more, found -2"),
        new Refused(
            () -> CachingOptions.DEFAULT.withPrefixCacheBytes(-2),
            "prefixCacheBytes: expected -1 or more, found -2"),
        new Refused(
            () -> CachingOptions.DEFAULT.withImageCacheBytes(-2),
            "imageCacheBytes: expected -1 or more, found -2"),
        new Refused(
            () -> BatchingOptions.DEFAULT.withMaxBatchTokens(-1),
            "maxBatchTokens: expected 0 or more, found -1"),
        new Refused(
            () -> BatchingOptions.DEFAULT.withMaxRequests(0),
            "maxRequests: expected 1 or more, found 0"),
        new Refused(() -> PixelBudget.atMost(-1), "maxPixels: expected 0 or more, found -1"),
        new Refused(() -> new PixelBudget(-1, 0), "minPixels: expected 0 or more, found -1"),
        new Refused(() -> new PixelBudget(9, 8), "maxPixels: expected 9 or more, found 8"),
        new Refused(
            () -> RequestLimits.DEFAULT.withImageFileBytes(1L << 31),
            "imageFileBytes: expected 2147483639 at most, found 2147483648"),
        new Refused(
            () -> RequestLimits.DEFAULT.withMemoryBytes(-1),
            "memoryBytes: expected 0 or more, found -1"));
  }

  static Stream<Refused> requests() {
    RerankRequest request = RerankRequest.of(Content.text("q"), List.of(Content.text("d")));
    return Stream.of(
        new Refused(
            () -> RerankRequest.of(Content.text("q"), List.of()),
            "documents: expected at least one, found none"),
        new Refused(() -> request.withTopN(-1), "topN: expected 0 or more, found -1"),
        new Refused(
            () -> request.withMaxQueryTokens(-1), "maxQueryTokens: expected 0 or more, found -1"),
        new Refused(
            () -> request.withMaxDocumentTokens(-2),
            "maxDocumentTokens: expected 0 or more, found -2"));
  }

  /** What a client may have asked for is a fault of the request, which servers answer with 400. */
  @ParameterizedTest
  @MethodSource("requests")
  void badRequestsAreRefusedWhereTheyAreMade(Refused refused) {
    assertThatThrownBy(refused.call())
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(refused.message());
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void badNumbersAreNamed(Refused refused) {
    assertThatThrownBy(refused.call())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(refused.message());
  }
}
