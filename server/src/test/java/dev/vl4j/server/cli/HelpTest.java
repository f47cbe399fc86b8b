package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Command;

/** Help as a terminal of 80 columns shows it. */
class HelpTest {
  /** A synopsis or an example that is broken in the middle of a name cannot be copied. */
  @ParameterizedTest
  @CsvSource({
    "DemoCommand, demo",
    "RerankCommand, rerank",
    "EmbedCommand, embed",
    "SearchCommand, search",
    "SearchIndexCommand, search index",
    "SearchAskCommand, search ask",
    "ServeCommand, serve",
    "InspectCommand, inspect",
    "BenchCommand, bench",
    "PullCommand, pull",
    "DoctorCommand, doctor"
  })
  void linesStayWhole(String type, String command) throws ClassNotFoundException {
    Command said =
        Class.forName(getClass().getPackageName() + "." + type).getAnnotation(Command.class);
    List<String> words = List.of(command.split(" ", -1));
    assertThat(said.name()).isEqualTo(words.getLast());
    // The list of commands shows this line alone.
    assertThat(said.description()[0]).endsWith(".");
    Outcome help =
        new CommandLineHarness()
            .run("", Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new));
    assertThat(help.code()).isZero();
    List<String> shown =
        help.out()
            .lines()
            .map(line -> line.startsWith("Usage: ") ? line.substring("Usage: ".length()) : line)
            .toList();
    assertThat(shown)
        .containsAll(
            Stream.of(said.customSynopsis(), said.description(), said.footer())
                .flatMap(Stream::of)
                .toList());
  }
}
