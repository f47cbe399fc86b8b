package dev.vl4j.springboot;

import dev.vl4j.loader.hub.HubException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says why a model could not be had from a hub, and what to do. */
final class HubFailureAnalyzer extends AbstractFailureAnalyzer<HubException> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, HubException cause) {
    return new FailureAnalysis(
        cause.getMessage(),
        """
        There is no directory of this name, so it was taken for a hub's model id. Correct
        vl4j.model or vl4j.embedding-model, or what the environment says of the hub (HF_HOME,
        HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE), or name a directory.\
        """,
        cause);
  }
}
