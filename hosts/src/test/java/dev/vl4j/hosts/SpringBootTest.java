package dev.vl4j.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/** The fat jar that Spring Boot's plugin makes, as a process of its own. */
@Timeout(120)
class SpringBootTest {
  private static final Path JAR = Path.of(System.getProperty("hosts.fatJar"));
  private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");

  @Test
  void theFatJarHasBootsOwnVersions() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.stream().map(entry -> entry.getName()))
          .contains(
              "BOOT-INF/lib/kotlin-stdlib-" + System.getProperty("hosts.kotlin") + ".jar",
              "BOOT-INF/lib/jackson-databind-" + System.getProperty("hosts.jackson") + ".jar");
    }
  }

  @Test
  void theFatJarRanks() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-jar",
                JAR.toString(),
                "--server.address=127.0.0.1",
                "--server.port=0")
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        Matcher started = STARTED.matcher(line);
        if (started.find()) {
          assertThat(ranking(started.group(1))).isEqualTo(new DemoRanking().call());
          return;
        }
      }
      assertThat(lines).as("what the application said").anyMatch(STARTED.asPredicate());
    } finally {
      process.destroyForcibly();
    }
  }

  private static String ranking(String port) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      String body =
          client
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ranking"))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      return JsonMapper.shared().readTree(body).path("ranking").asString(body);
    }
  }
}
