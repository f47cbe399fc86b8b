package dev.vl4j.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileLimitTest {
  @ParameterizedTest
  @CsvSource({
    "1024, 1024, 768",
    "256, 256, 64",
    "40, 40, 16",
    "1048576, 1048576, 8192",
    "unlimited, 2147483647, 8192",
  })
  void isReadAndLeavesRoom(String soft, int files, int connections) {
    int read =
        FileLimit.files(
            List.of(
                "Limit                     Soft Limit           Hard Limit           Units",
                "Max processes             9                    9                    processes",
                "Max open files            " + soft + "          1048576              files"));
    assertThat(read).isEqualTo(files);
    assertThat(FileLimit.connections(read)).isEqualTo(connections);
  }
}
