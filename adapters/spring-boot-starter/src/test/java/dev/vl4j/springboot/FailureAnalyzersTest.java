package dev.vl4j.springboot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.hub.HubException;
import dev.vl4j.loader.hub.ModelId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** What a user reads in the place of a stack trace. */
class FailureAnalyzersTest {
  private static FailureAnalysis analyze(RuntimeException cause) {
    List<FailureAnalyzer> analyzers =
        SpringFactoriesLoader.forDefaultResourceLocation()
            .load(FailureAnalyzer.class, (type, name, failure) -> {});
    assertThat(analyzers).hasAtLeastOneElementOfType(ModelFailureAnalyzer.class);
    return analyzers.stream()
        .filter(each -> each.getClass().getPackageName().equals("dev.vl4j.springboot"))
        .map(each -> each.analyze(new IllegalStateException("bean", cause)))
        .filter(each -> each != null)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theMissingModuleIsNamedWithItsRemedies() {
    String message =
        "module jdk.incubator.vector is not loaded: start Java with --add-modules jdk.incubator.vector";
    FailureAnalysis analysis = analyze(new ModelException(message));
    assertThat(analysis.getDescription()).isEqualTo(message);
    assertThat(analysis.getAction())
        .contains("--add-modules jdk.incubator.vector", "<jvmArguments>", "JDK_JAVA_OPTIONS");
  }

  @Test
  void aModelThatCannotBeOpenedIsNamed() {
    FailureAnalysis analysis = analyze(new ModelException("/models/a: no config.json"));
    assertThat(analysis.getDescription()).isEqualTo("/models/a: no config.json");
    assertThat(analysis.getAction()).contains("vl4j.model").doesNotContain("add-modules");
  }

  @Test
  void aHubsRefusalIsNamed() {
    HubException refusal = null;
    try {
      ModelId.parse("no id at all");
    } catch (HubException e) {
      refusal = e;
    }
    FailureAnalysis analysis = analyze(refusal);
    assertThat(analysis.getDescription()).isEqualTo(refusal.getMessage());
    assertThat(analysis.getAction()).contains("HF_HOME", "vl4j.model");
  }
}
