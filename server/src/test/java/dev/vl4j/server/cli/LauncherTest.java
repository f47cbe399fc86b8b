package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a clone that is not built yet, with a Maven and a Java that only say something.
 */
@Timeout(60)
class LauncherTest {
  private static final String MAVEN_SAYS =
      """
      [INFO] Scanning for projects...
      [INFO] Reactor Build Order:
      [INFO] vl4j                                       [pom]
      [INFO] Building vl4j 0.1.0-SNAPSHOT               [1/3]
      Downloading from central: https://repo.example/a.jar
      Downloaded from central: https://repo.example/a.jar (1 kB)
      Downloading from central: https://repo.example/b.jar
      [INFO] Building vl4j loader 0.1.0-SNAPSHOT        [2/3]
      [WARNING] of something
      [INFO] Building vl4j CUDA backend 1.2             [3/3]
      """;

  @TempDir Path clone;

  /** What a run left behind. */
  private record Outcome(int code, List<String> out, List<String> err) {}

  @BeforeEach
  void makeClone() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash: the launcher is not run");
    Files.copy(Path.of("../vl4j"), clone.resolve("vl4j"));
    Files.createFile(clone.resolve("pom.xml"));
    for (String module :
        List.of("loader", "kernels", "engine", "native", "search", "media", "server")) {
      Files.createDirectories(clone.resolve(module));
    }
    Files.createDirectories(clone.resolve("jdk/bin"));
    Files.writeString(clone.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
    write("jdk/bin/javac", "");
    // Keeping what later starts need is no matter of whoever waits for an answer.
    write("jdk/bin/java", "case \"$*\" in *ArchiveClasses*) exit ;; esac; echo an answer");
  }

  private void write(String file, String script) throws IOException {
    Path path = Files.writeString(clone.resolve(file), "#!/bin/bash\n" + script + "\n");
    assertThat(path.toFile().setExecutable(true)).isTrue();
  }

  private void writeMaven(String says, int code) throws IOException {
    write(
        "jdk/bin/mvn",
        """
        [ "$1" = --version ] && exit
        mkdir -p server/target/app
        cat <<'END'
        %sEND
        exit %d\
        """
            .formatted(says, code));
  }

  private Outcome run(String... arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("/bin/bash", clone.resolve("vl4j").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("JAVA_HOME", clone.resolve("jdk").toString());
    builder.environment().put("PATH", clone.resolve("jdk/bin") + ":" + System.getenv("PATH"));
    Path out = clone.resolve("out");
    Path err = clone.resolve("err");
    int code = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Outcome(
        code,
        Files.readAllLines(out, StandardCharsets.UTF_8),
        Files.readAllLines(err, StandardCharsets.UTF_8));
  }

  @Test
  void saysWhatItBuildsOnce() throws IOException, InterruptedException {
    writeMaven(MAVEN_SAYS, 0);
    Outcome first = run("demo");
    assertThat(first.code()).as("%s", first.err()).isZero();
    assertThat(first.out()).containsExactly("an answer");
    assertThat(first.err())
        .containsExactly(
            "vl4j: building, which happens once",
            "vl4j: downloading libraries",
            "vl4j: building loader (part 2/3)",
            "vl4j: building CUDA backend (part 3/3)",
            "vl4j: building is done; keeping what later starts need");
    Outcome second = run("demo");
    assertThat(second.out()).containsExactly("an answer");
    assertThat(second.err()).isEmpty();
  }

  @Test
  void saysWhatWentWrong() throws IOException, InterruptedException {
    writeMaven(MAVEN_SAYS + "[ERROR] A.java:[1,2] no such thing\n[INFO] BUILD FAILURE\n", 1);
    for (int i = 0; i < 2; i++) { // a build that has failed is none
      Outcome outcome = run("demo");
      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.out()).isEmpty();
      assertThat(outcome.err())
          .endsWith("[ERROR] A.java:[1,2] no such thing", "vl4j: the build failed");
    }
  }

  /** For scripts that need the JDK before anything is built. */
  @Test
  void printsWhereJavaIs() throws IOException, InterruptedException {
    Outcome outcome = run("--print-java-home");
    assertThat(outcome)
        .isEqualTo(new Outcome(0, List.of(clone.resolve("jdk").toString()), List.of()));
  }
}
