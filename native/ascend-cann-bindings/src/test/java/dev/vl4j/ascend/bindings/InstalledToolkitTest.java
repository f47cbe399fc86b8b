package dev.vl4j.ascend.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.ascend.bindings.generator.HeaderComparison;
import dev.vl4j.ascend.bindings.generator.ParsedHeader;
import dev.vl4j.ascend.bindings.generator.ToolkitHeaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The installed toolkit declares what this project's header declares: profile cann-toolkit. */
@Tag("cann-toolkit")
class InstalledToolkitTest {
  @Test
  void theToolkitSaysTheSame() throws IOException {
    String home =
        Stream.of(
                System.getProperty("vl4j.ascend.home"),
                System.getenv("ASCEND_TOOLKIT_HOME"),
                System.getenv("ASCEND_HOME_PATH"))
            .filter(value -> value != null && !value.isBlank())
            .findFirst()
            .orElseThrow(() ->
                new AssertionError(
                    "the profile cann-toolkit needs a toolkit: source its set_env.sh, or give"
                        + " -Dvl4j.ascend.home=FOLDER"));
    Path work = Files.createTempDirectory(Path.of("target"), "cann-toolkit");
    ParsedHeader own = ParsedHeader.parse(Path.of("src/main/native/include"), work.resolve("own"));
    ToolkitHeaders headers = ToolkitHeaders.of(Path.of(home));
    HeaderComparison comparison =
        HeaderComparison.of(
            own,
            headers.parse(
                own.functions().keySet(), own.constants().keySet(), work.resolve("toolkit")));
    System.out.printf(
        "%s: %d functions and constants compared, %d differ, %d are not declared there: %s%n",
        headers.folder(),
        comparison.compared(),
        comparison.differences().size(),
        comparison.missing().size(),
        comparison.missing());
    assertThat(comparison.differences()).isEmpty();
    // A toolkit that lacks more than this is none, or is not understood.
    assertThat(comparison.compared())
        .as("functions and constants that the toolkit declares, too")
        .isGreaterThan(own.functions().size());
  }
}
