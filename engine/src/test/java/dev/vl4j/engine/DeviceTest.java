package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A device that engines share. */
@Timeout(120)
class DeviceTest {
  private static final RerankRequest REQUEST =
      RerankRequest.of(
          Content.text("a red circle"),
          List.of(
              Content.text("She bought a red bicycle."),
              Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png")),
              Content.text("A circle has no corners.")));

  @TempDir Path directory;

  private static ModelOptions on(Device device) {
    return ModelOptions.DEFAULT.withDevice(device).withThreads(1);
  }

  @Test
  void enginesThatShareADeviceScoreAsAlone() {
    List<RankedDocument> alone;
    try (Reranker reranker = Reranker.openDemo(ModelOptions.DEFAULT.withThreads(1))) {
      alone = reranker.rerank(REQUEST);
    }
    try (Device device = Device.open("cpu", 1);
        Reranker first = Reranker.openDemo(on(device));
        Reranker second = Reranker.openDemo(on(device))) {
      assertThat(first.devices()).containsExactly(device.info()).isEqualTo(second.devices());
      List<CompletableFuture<Ranking>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        answers.add((i % 2 == 0 ? first : second).submit(REQUEST));
      }
      assertThat(answers).allSatisfy(each -> assertThat(each.join().documents()).isEqualTo(alone));

      assertThatThrownBy(device::close)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("2 models are open on the device cpu:0");
      assertThat(first.close(Duration.ofSeconds(60))).isZero();
      assertThat(second.rerank(REQUEST)).isEqualTo(alone);
    }
  }

  @Test
  void closedDevicesAreRefused() {
    Device device = Device.open("cpu", 1);
    device.close();
    device.close();
    assertThatThrownBy(() -> Reranker.openDemo(on(device)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the device cpu:0 is closed");
  }

  @Test
  void aModelThatDoesNotOpenLeavesItsDevice() throws IOException {
    Fixtures.copy("tied_gqa2", directory);
    Path weights = directory.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[20]++;
    Files.write(weights, bytes);
    try (Device device = Device.open("cpu", 1)) {
      assertThatThrownBy(() -> Reranker.open(directory, on(device)))
          .isInstanceOf(ModelException.class);
    }
  }

  @Test
  void anotherBackendBesideADeviceIsRefused() {
    try (Device device = Device.open("reference", 1)) {
      assertThat(on(device).withBackend("reference:0").device()).isSameAs(device);
      assertThatThrownBy(() -> on(device).withBackend("cpu"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("backend: expected auto or reference:0, which is the device's, found cpu");
    }
    assertThatThrownBy(() -> Device.open("abacus", 1))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("abacus");
  }
}
