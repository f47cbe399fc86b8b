package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Device;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the commands say of backends and devices. */
class BackendCommandsTest {
  private static final String MODEL =
      Path.of("../engine/src/test/resources/fixtures/tied_gqa2/model").toString();

  private final CommandLineHarness harness = new CommandLineHarness();

  private Outcome run(String... arguments) {
    return harness.run("{\"query\": \"q\", \"documents\": [\"a\"]}", arguments);
  }

  @Test
  void doctorListsEachWithItsDevicesAndWhatAutoTakes() {
    Outcome outcome = run("doctor");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out().lines())
        .anyMatch(line -> line.startsWith("backend  cpu: ready: Vector API, "))
        .contains("         cpu: results bitwise", "         cpu:0: " + Device.host().name())
        .anyMatch(line -> line.startsWith("backend  reference: ready: plain loops"))
        .contains("         reference:0: " + Device.host().name())
        .contains("auto     cpu:0")
        .anyMatch(line -> line.startsWith("kernels  vector-api: usable: "));
  }

  @Test
  void helpNamesThoseThatThereAre() {
    assertThat(run("rerank", "--help").out().replaceAll("\\s+", " "))
        .contains(
            "--backend=NAME[:DEVICE[,DEVICE...]]",
            "What computes: auto, cpu, reference. auto, the");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "cpu", "cpu:0", "cpu:all", "reference", "reference:0"})
  void choicesReachTheEngine(String choice) {
    assertThat(run("rerank", "--input", "-", "--backend", choice).code()).isZero();
    assertThat(harness.options.model().backend()).isEqualTo(choice);
  }

  /** Before the model is looked for: to find it may take a download. */
  @Test
  void whatCannotRunIsRefusedFirst() {
    for (String[] command :
        new String[][] {
          {"rerank", "--input", "-", "--model", "/no/such/model"},
          {"serve", "/no/such/model"},
          {"inspect", MODEL},
        }) {
      assertRefused(
          command,
          "abacus",
          "backend: there is no \"abacus\"; expected auto or one of: cpu, reference");
      assertRefused(command, "cpu:0,1", "backend cpu: there is no device 1; expected one of: 0 (");
      assertRefused(command, "cpu:1", "backend cpu: there is no device 1; expected one of: 0 (");
      assertRefused(command, "auto:0", "backend: auto chooses the device, too; ");
      assertRefused(
          command, "cpu:x", "backend: expected auto, NAME or NAME:DEVICE with the device's number");
    }
  }

  private void assertRefused(String[] command, String choice, String reason) {
    String[] all = Arrays.copyOf(command, command.length + 1);
    all[command.length] = "--backend=" + choice;
    Outcome outcome = run(all);
    assertThat(outcome.code()).as(command[0]).isEqualTo(2);
    if (command[0].equals("serve")) { // which says everything in its log's form
      assertThat(outcome.err())
          .contains("level=error", "message=\"" + reason.replace("\"", "\\\""))
          .hasLineCount(1);
    } else {
      assertThat(outcome.err()).startsWith("vl4j: " + reason).hasLineCount(1);
    }
    assertThat(harness.options).isNull();
  }

  @Test
  void inspectNamesTheDevice() {
    assertThat(run("inspect", MODEL).out().lines())
        .contains("backend  cpu:0 (" + Device.host().name() + ")");
    assertThat(run("inspect", MODEL, "--backend", "reference").out().lines())
        .contains("backend  reference:0 (" + Device.host().name() + ")")
        .anyMatch(line -> line.startsWith("dtype    auto is f32 (weights in [BF16]"));
  }
}
