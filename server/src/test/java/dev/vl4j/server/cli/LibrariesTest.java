package dev.vl4j.server.cli;

import static dev.vl4j.server.cli.ProjectFiles.read;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Libraries that the project uses are known by checksum and license, and its own are published. */
class LibrariesTest {
  private static final List<String> LIBRARIES =
      List.of(
          "loader",
          "kernels",
          "testkit",
          "engine",
          "native/device",
          "native/cuda",
          "native/ascend-cann-bindings",
          "native/ascend",
          "search",
          "media/ffmpeg",
          "media/pdf",
          "adapters/spring-ai",
          "adapters/spring-boot-starter",
          "adapters/langchain4j",
          "adapters/lucene",
          "adapters/spark",
          "server");

  /** Maven 3.9 compares what it downloads with this list; older ones do not, and this does. */
  @Test
  void everyJarHasTheChecksumThatIsListed() throws IOException {
    Map<String, String> listed =
        read(".mvn/checksums/checksums.sha256")
            .lines()
            .map(line -> line.split(" +"))
            .collect(Collectors.toMap(parts -> parts[1], parts -> parts[0]));
    Map<String, String> found = new TreeMap<>();
    Map<String, String> expected = new TreeMap<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry);
      if (!entry.endsWith(".jar") || jar.getFileName().toString().startsWith("vl4j-")) {
        continue;
      }
      int names = jar.getNameCount();
      String version = jar.subpath(names - 3, names).toString().replace(File.separatorChar, '/');
      String artifact =
          listed.keySet().stream()
              .filter(path -> path.endsWith("/" + version))
              .findFirst()
              .orElse(version);
      found.put(artifact, HexFormat.of().formatHex(sha256(Files.readAllBytes(jar))));
      expected.put(artifact, listed.getOrDefault(artifact, "not listed: see SECURITY.md"));
    }
    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /**
   * The application ships no library whose license nobody has looked at, and no notice is stale.
   */
  @Test
  void noticesNameEveryLibraryThatIsShipped() throws IOException {
    Set<String> shipped = new TreeSet<>();
    for (String entry :
        Files.readString(Path.of("target/runtime-class-path")).split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry);
      if (jar.toString().endsWith(".jar") && !jar.getFileName().toString().startsWith("vl4j-")) {
        shipped.add(jar.getName(jar.getNameCount() - 3).toString());
      }
    }
    Set<String> named =
        Pattern.compile("[\\w.-]+:([\\w-]+)")
            .matcher(read("NOTICE").split("3. Native code", -1)[0])
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(shipped).isNotEmpty().isEqualTo(named);
  }

  /** The bill of materials has all libraries, and nothing that nobody can get. */
  @Test
  void theBillOfMaterialsHasTheLibraries() throws IOException {
    List<String> listed =
        Pattern.compile(
                "<artifactId>vl4j-([\\w-]+)</artifactId>\\s+<version>\\$\\{project.version}")
            .matcher(read("bom/pom.xml"))
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(listed)
        .containsExactlyElementsOf(
            LIBRARIES.stream().map(module -> module.replaceFirst(".*/", "")).toList());
  }

  /** Of modules that are no libraries, {@code mvn install} may have nothing to install. */
  @Test
  void onlyLibrariesAreInstalled() throws IOException {
    for (String module : LIBRARIES) {
      assertThat(read(module + "/pom.xml")).as(module).doesNotContain(".skip>true<");
    }
    for (String module :
        List.of(
            "clients",
            "hosts",
            "samples/spring-boot",
            "samples/langchain4j",
            "samples/lucene",
            "samples/spark",
            "bench",
            "fuzz",
            "architecture")) {
      assertThat(read(module + "/pom.xml"))
          .as(module)
          .contains(
              "<maven.install.skip>true</maven.install.skip>",
              "<maven.deploy.skip>true</maven.deploy.skip>");
    }
  }
}
