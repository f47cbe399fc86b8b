package dev.vl4j.ascend.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.ascend.bindings.generator.HeaderComparison;
import dev.vl4j.ascend.bindings.generator.ParsedHeader;
import dev.vl4j.ascend.bindings.generator.ToolkitHeaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison with a toolkit's headers, on a toolkit of a few declarations. */
class ToolkitComparisonTest {
  private static final Path FAKE = Path.of("src/test/resources/fake-toolkit");

  @TempDir Path folder;
  private Path toolkit;
  private ParsedHeader own;

  @BeforeEach
  void copy() throws IOException {
    toolkit = folder.resolve("toolkit");
    try (Stream<Path> tree = Files.walk(FAKE)) {
      for (Path path : tree.toList()) {
        Files.copy(path, toolkit.resolve(FAKE.relativize(path).toString()));
      }
    }
    own = ParsedHeader.parse(Path.of("src/main/native/include"), folder.resolve("own"));
  }

  private HeaderComparison compare() throws IOException {
    return HeaderComparison.of(
        own,
        ToolkitHeaders.of(toolkit)
            .parse(
                own.functions().keySet(),
                own.constants().keySet(),
                Files.createTempDirectory(folder, "toolkit")));
  }

  private void change(String file, String before, String after) throws IOException {
    Path path = toolkit.resolve("include").resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(before);
    Files.writeString(path, text.replace(before, after));
  }

  @Test
  void anotherStyleIsNoDifference() throws IOException {
    HeaderComparison comparison = compare();
    assertThat(comparison.differences()).isEmpty();
    assertThat(comparison.compared()).isEqualTo(6 + 18);
    assertThat(comparison.missing())
        .contains("aclInit", "aclnnMatmul", "ACL_INT8", "GELU_TANH")
        .doesNotContain(
            "aclrtMemcpyAsync", "aclCreateTensor", "aclnnAddmm", "aclrtGetSocName", "ACL_BF16");
  }

  @Test
  void everyDifferenceIsNamed() throws IOException {
    change("acl/acl_base.h", "0x1b", "28");
    change(
        "acl/acl_rt.h", "aclrtStream stream, aclrtEvent event", "aclrtEvent event, aclrtStream s");
    change("acl/acl_rt.h", "0x00000008U", "4");
    change(
        "aclnn/acl_meta.h", "int64_t offset, aclFormat format", "aclFormat format, int64_t offset");
    change("aclnn/acl_meta.h", "161002", "161003");
    // One of the two copies is read.
    change("aclnnop/aclnn_addmm.h", "int8_t cube", "int32_t cube");
    change("aclnnop/aclnn_addmm.h", "*mat2, const aclScalar *beta", "*mat2, const aclTensor *beta");
    change(
        "aclnnop/aclnn_addmm.h",
        "    aclOpExecutor *executor, const aclrtStream",
        "    const aclrtStream");
    assertThat(compare().differences())
        .containsExactly(
            "aclCreateTensor: parameter 4 (offset) is j here, i in the toolkit",
            "aclCreateTensor: parameter 5 (format) is i here, j in the toolkit",
            "aclnnAddmm has 4 parameters here, 3 in the toolkit",
            "aclnnAddmmGetWorkspaceSize: parameter 3 (biasFactor) is aclScalar* here,"
                + " aclTensor* in the toolkit",
            "aclnnAddmmGetWorkspaceSize: parameter 6 (cubeMathType) is b here, i in the toolkit",
            "aclrtStreamWaitEvent: parameter 0 (stream) is aclrtStream* here,"
                + " aclrtEvent* in the toolkit",
            "aclrtStreamWaitEvent: parameter 1 (event) is aclrtEvent* here,"
                + " aclrtStream* in the toolkit",
            "ACLNN_ERR_PARAM_INVALID is 161002 here, 161003 in the toolkit",
            "ACL_BF16 is 27 here, 28 in the toolkit",
            "ACL_EVENT_TIME_LINE is 8 here, 4 in the toolkit");
  }

  @Test
  void aFolderWithoutHeadersIsRefused() {
    assertThatThrownBy(() -> ToolkitHeaders.of(folder))
        .hasMessageStartingWith(
            folder + ": expected a CANN toolkit with acl/acl.h in one of [include,");
  }
}
