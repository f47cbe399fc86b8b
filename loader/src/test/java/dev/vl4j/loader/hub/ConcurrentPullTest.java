package dev.vl4j.loader.hub;

import static dev.vl4j.loader.hub.FakeHub.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several downloads of one model share the work instead of spoiling it. */
class ConcurrentPullTest {
  private static final ModelId ID = ModelId.parse(MODEL);

  @TempDir Path cache;
  private FakeHub server;

  @BeforeEach
  void start() throws IOException {
    server = new FakeHub();
    server.fault(
        "model.safetensors",
        (exchange, contents) -> {
          Thread.sleep(1500); // long enough for the others to find the lock taken
          return false;
        });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void checkSharedWork(Path snapshot) {
    assertThat(snapshot.resolve("model.safetensors"))
        .hasBinaryContent(server.files.get("model.safetensors"));
    assertThat(server.contentRequests("model.safetensors")).hasSize(1);
    assertThat(server.contentRequests("modules.json")).hasSize(1);
  }

  @Test
  void threads() throws Exception {
    List<Callable<Path>> pulls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pulls.add(() -> new Notes().hub(server.settings(cache)).pull(ID));
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(pulls.size())) {
      for (Future<Path> pull : pool.invokeAll(pulls)) {
        checkSharedWork(pull.get());
      }
    }
  }

  @Test
  void processes() throws Exception {
    List<Process> children = List.of(child(), child());
    for (Process child : children) {
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor()).as(said).isZero();
      checkSharedWork(Path.of(said.strip().lines().toList().getLast()));
    }
  }

  private Process child() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Child.class.getName(),
            server.settings(cache).endpoint().toString(),
            cache.toString())
        .redirectErrorStream(true)
        .start();
  }

  /** What another process does. */
  static final class Child {
    public static void main(String[] args) {
      HubSettings settings =
          new HubSettings(
              Hub.HUGGING_FACE,
              URI.create(args[0]),
              Path.of(args[1]),
              null,
              false,
              true,
              Duration.ofSeconds(20),
              Duration.ofSeconds(20));
      System.out.println(new ModelHub(settings, HubListener.NONE).pull(ID));
    }
  }
}
