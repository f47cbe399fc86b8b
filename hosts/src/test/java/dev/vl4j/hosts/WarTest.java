package dev.vl4j.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A WAR with the engine's libraries, in Tomcat. */
@Timeout(120)
class WarTest {
  @TempDir private Path directory;

  @Test
  void aWarRanksAndRanksAgainWhenItIsDeployedAnew() throws Exception {
    Path war = ClassPath.war(directory.resolve("ranking.war"));
    String expected = new DemoRanking().call();
    // There is nothing for the server in the libraries, and looking takes seconds.
    System.setProperty("tomcat.util.scan.StandardJarScanFilter.jarsToSkip", "*.jar");
    Tomcat tomcat = new Tomcat();
    try {
      tomcat.setBaseDir(directory.toString());
      tomcat.setPort(0);
      Files.createDirectories(directory.resolve("webapps"));
      tomcat.getConnector();
      tomcat.getHost();
      tomcat.start();
      Context first = tomcat.addWebapp("/first", war.toString());
      assertThat(ranking(tomcat, "/first")).isEqualTo(expected);
      tomcat.getHost().removeChild(first);
      Context _ = tomcat.addWebapp("/second", war.toString());
      assertThat(ranking(tomcat, "/second")).isEqualTo(expected);
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
  }

  private static String ranking(Tomcat tomcat, String application)
      throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://127.0.0.1:%d%s/ranking"
                .formatted(tomcat.getConnector().getLocalPort(), application));
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }
}
