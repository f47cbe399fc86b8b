package dev.vl4j.springboot;

import dev.vl4j.engine.ModelException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says why a model could not be opened, and what to do, in the place of a stack trace. */
final class ModelFailureAnalyzer extends AbstractFailureAnalyzer<ModelException> {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, ModelException cause) {
    return new FailureAnalysis(cause.getMessage(), action(cause.getMessage()), cause);
  }

  private static String action(@Nullable String message) {
    return message != null && message.contains(VECTOR_MODULE)
        ? """
        Start Java with --add-modules %s --enable-native-access=ALL-UNNAMED:
            java --add-modules ... -jar app.jar, or the environment variable JDK_JAVA_OPTIONS;
            spring-boot-maven-plugin: <jvmArguments>; Maven Surefire: <argLine>;
            Gradle: jvmArgs of bootRun and of tests.
        docs/java.md of vl4j has a table of all places.\
        """
            .formatted(VECTOR_MODULE)
        : """
        Check vl4j.model, vl4j.embedding-model and the properties beside them: a model is demo,
        a directory with config.json and safetensors, or a hub's id such as
        Qwen/Qwen3-VL-Reranker-2B.\
        """;
  }
}
