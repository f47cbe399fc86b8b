package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void numbersStandToTheRight() {
    Table table = new Table("rank", "document");
    table.add("1", "a");
    assertThat(table.render(" ")).isEqualTo(" rank  document\n    1  a\n");
  }

  @Test
  void scoresNeverReadZero() {
    assertThat(Table.score(0.984948)).isEqualTo("0.9849");
    assertThat(Table.score(0.0000123)).isEqualTo("1.2e-05");
    assertThat(Table.logit(-7)).isEqualTo("-7.000");
  }

  @Test
  void previewsAreShortAndOnOneLine() {
    assertThat(Table.preview(" a\n b\u0007")).isEqualTo("a b?");
    assertThat(Table.preview("😀".repeat(100))).isEqualTo("😀".repeat(69) + "...");
  }

  @Test
  void processors() {
    CpuFeatures x86 =
        CpuFeatures.parse(List.of("model name\t: Big", "flags\t\t: fpu avx2 amx_bf16"));
    assertThat(x86).isEqualTo(new CpuFeatures("Big", List.of("avx2", "amx_bf16")));
    assertThat(CpuFeatures.parse(List.of("Features : fp asimd sve")).features())
        .containsExactly("asimd", "sve");
    assertThat(CpuFeatures.parse(List.of()).describe()).isEqualTo("unknown");
  }
}
