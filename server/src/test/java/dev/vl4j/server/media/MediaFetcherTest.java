package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.media.ImageServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pictures of whole requests. */
@Timeout(60)
class MediaFetcherTest extends FetchingTest {
  @Test
  void manyPictures() throws Exception {
    server.answer((client, out) -> {
      String path = server.requests.getFirst();
      Answer.file("image/png", path.getBytes(StandardCharsets.UTF_8)).write(client, out);
    });
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      urls.add(url("/" + i));
    }
    urls.addAll(List.copyOf(urls));
    assertThat(fetcher(SETTINGS).fetch(urls, _ -> {})).hasSize(100);
    assertThat(server.requests).as("each is fetched once").hasSize(100);
  }

  @Test
  void picturesOfARequestAreFetchedTogetherButNotAllAtOnce() throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Semaphore sixteenth = new Semaphore(0);
    server.answer((client, out) -> {
      int now = running.incrementAndGet();
      most.accumulateAndGet(now, Math::max);
      if (now == 16) {
        sixteenth.release(1000);
      }
      sixteenth.acquire();
      running.decrementAndGet();
      Answer.file("image/png", PICTURE).write(client, out);
    });
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      urls.add(url("/" + i));
    }
    assertThat(fetcher(SETTINGS).fetch(urls, _ -> {})).hasSize(40);
    assertThat(most).hasValue(16);
  }

  @Test
  void picturesTogether() {
    MediaSettings settings = SETTINGS.withMaxTotalBytes(2L * PICTURE.length);
    assertThat(refusal(settings, url("/1"), url("/2"), url("/2"))).isNull();
    assertThat(refusal(settings, url("/1"), url("/2"), url("/3")))
        .hasMessage("the request's pictures are longer than 40 bytes together");
  }

  @Test
  void whoCountsBytesMayEndAFetch() throws Exception {
    AtomicLong counted = new AtomicLong();
    assertThat(fetcher(SETTINGS).fetch(List.of(url("/1"), url("/2")), counted::addAndGet))
        .hasSize(2);
    assertThat(counted).hasValue(2L * PICTURE.length);
    assertThatThrownBy(() ->
            fetcher(SETTINGS)
                .fetch(
                    List.of(url("/1")),
                    _ -> {
                      throw new OverloadedException("enough");
                    }))
        .isInstanceOf(OverloadedException.class)
        .hasMessage("enough");
  }

  @Test
  void nothingIsFetchedForARequestThatIsWrong() {
    assertThat(refusal(SETTINGS, url("/1"), "http://user@a.example/"))
        .extracting(MediaException::url)
        .isEqualTo("http://user@a.example/");
    String[] many = new String[513];
    for (int i = 0; i < many.length; i++) {
      many[i] = url("/" + i);
    }
    assertThat(refusal(SETTINGS, many)).hasMessage("a request may name at most 512 URLs");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void oneFailureEndsTheOthers() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    try (ImageServer silent =
        ImageServer.start((client, out) -> {
          waiting.countDown();
          Answer.silence(gone::countDown).write(client, out);
        })) {
      allowed.add(silent.address());
      server.answer((client, out) -> {
        waiting.await();
        Answer.of("HTTP/1.1 404 None\r\n\r\n").write(client, out);
      });
      assertThat(refusal(SETTINGS.withTimeout(Duration.ofHours(1)), silent.url("/"), url("/")))
          .hasMessage("status 404");
      gone.await();
    }
  }

  @Test
  void interruptionEndsAFetch() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    server.answer((client, out) -> {
      waiting.countDown();
      Answer.silence(gone::countDown).write(client, out);
    });
    AtomicReference<Throwable> end = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                fetcher(SETTINGS.withTimeout(Duration.ofHours(1)))
                    .fetch(List.of(url("/")), _ -> {});
              } catch (Throwable e) {
                end.set(e);
              }
            });
    waiting.await();
    thread.interrupt();
    thread.join();
    gone.await();
    assertThat(end.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void tooManyForTheServer() {
    MediaFetcher busy =
        new MediaFetcher(HURRIED, names, allowed::contains, () -> null, new Semaphore(0));
    MediaException refusal =
        catchThrowableOfType(MediaException.class, () -> busy.fetch(List.of(url("/")), _ -> {}));
    assertThat(refusal).hasMessage("too many pictures are being fetched");
    assertThat(refusal.isBusy()).isTrue();
    ImageUrl image = ImageUrl.of(url("/"), "documents.0");
    assertThatThrownBy(() -> ImageUrls.anyFile(Path.of(""), busy).read(List.of(image), _ -> {}))
        .isInstanceOf(OverloadedException.class)
        .hasMessage("too many pictures are being fetched");
    assertThat(server.requests).isEmpty();
  }
}
