package dev.vl4j.springboot;

import dev.vl4j.engine.Device;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Opens a {@link Reranker} for {@code vl4j.model} and an {@link Embedder} for {@code
 * vl4j.embedding-model}, unless the application has beans of these types.
 */
@AutoConfiguration
@EnableConfigurationProperties(Vl4jProperties.class)
public final class Vl4jAutoConfiguration {
  /** For Spring. */
  public Vl4jAutoConfiguration() {}

  @Bean
  ModelOpener vl4jModelOpener(
      Vl4jProperties properties,
      ObjectProvider<ModelOptionsCustomizer> customizers,
      ObjectProvider<Device> device) {
    return new ModelOpener(properties, customizers.orderedStream().toList(), device.getIfUnique());
  }

  /** Two models on one device take turns, instead of having as many threads each. */
  @Bean
  @Conditional(TwoModelsOnOneDevice.class)
  @ConditionalOnMissingBean
  Device vl4jDevice(Vl4jProperties properties) {
    return Device.open(properties.backend(), properties.threads());
  }

  static final class TwoModelsOnOneDevice implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      String backend = context.getEnvironment().getProperty("vl4j.backend", "auto");
      return context.getEnvironment().containsProperty("vl4j.model")
          && context.getEnvironment().containsProperty("vl4j.embedding-model")
          && !backend.contains(",")
          && !backend.endsWith(":all");
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("vl4j.model")
  @ConditionalOnMissingBean(Reranker.class)
  static final class RerankerConfiguration {
    @Bean
    OpenEngine<Reranker> vl4jOpenReranker(ModelOpener opener, Vl4jProperties properties) {
      return new OpenEngine<>(opener.reranker(), properties.shutdownGrace());
    }

    @Bean(name = ModelOptionsCustomizer.RERANKER, destroyMethod = "")
    Reranker vl4jReranker(OpenEngine<Reranker> open) {
      return open.engine();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("vl4j.embedding-model")
  @ConditionalOnMissingBean(Embedder.class)
  static final class EmbedderConfiguration {
    @Bean
    OpenEngine<Embedder> vl4jOpenEmbedder(ModelOpener opener, Vl4jProperties properties) {
      return new OpenEngine<>(opener.embedder(), properties.shutdownGrace());
    }

    @Bean(name = ModelOptionsCustomizer.EMBEDDER, destroyMethod = "")
    Embedder vl4jEmbedder(OpenEngine<Embedder> open) {
      return open.engine();
    }
  }
}
