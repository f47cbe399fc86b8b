package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.server.media.ImageServer.Answer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What tests of fetching have in common: a server at a.example, and nothing else that may be asked.
 */
abstract class FetchingTest {
  static final byte[] PICTURE = "not really a picture".getBytes(StandardCharsets.UTF_8);
  static final MediaSettings SETTINGS = MediaSettings.DEFAULT.withTimeout(Duration.ofSeconds(30));
  static final MediaSettings HURRIED = SETTINGS.withTimeout(Duration.ofMillis(300));

  final ScriptedNames names = new ScriptedNames().with("a.example", "127.0.0.1");
  final Set<InetSocketAddress> allowed = ConcurrentHashMap.newKeySet();
  ImageServer server;

  @BeforeEach
  void start() {
    server = ImageServer.start(Answer.file("image/png", PICTURE));
    allowed.add(server.address());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  final MediaFetcher fetcher(MediaSettings settings) {
    return new MediaFetcher(
        settings,
        names,
        allowed::contains,
        () -> {
          throw new AssertionError("no TLS is asked for");
        },
        new Semaphore(64));
  }

  final String url(String path) {
    return "http://a.example:" + server.port() + path;
  }

  final byte[] fetch(MediaSettings settings) throws MediaException, InterruptedException {
    return fetcher(settings).fetch(List.of(url("/x.png")), _ -> {}).get(url("/x.png"));
  }

  final MediaException refusal(MediaSettings settings, String... urls) {
    return catchThrowableOfType(
        MediaException.class, () -> fetcher(settings).fetch(List.of(urls), _ -> {}));
  }

  final void assertRefused(MediaSettings settings, Answer answer, String reason) {
    server.answer(answer);
    MediaException refusal = refusal(settings, url("/x.png"));
    assertThat(refusal).hasMessage(reason);
    assertThat(refusal.url()).isEqualTo(url("/x.png"));
    assertThat(refusal.isBusy()).isFalse();
  }
}
