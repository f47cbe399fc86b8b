package dev.vl4j.springboot;

import dev.vl4j.engine.Engine;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * The actuator's health indicator {@code vl4j}: up while all models compute. {@code
 * management.health.vl4j.enabled=false} leaves it out.
 */
@AutoConfiguration(after = Vl4jAutoConfiguration.class)
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBean(Engine.class)
public final class Vl4jHealthAutoConfiguration {
  /** For Spring. */
  public Vl4jHealthAutoConfiguration() {}

  // Here, because Spring reads a class's conditions all at once, and this one may not be there.
  @Bean
  @ConditionalOnEnabledHealthIndicator("vl4j")
  @ConditionalOnMissingBean(name = "vl4jHealthIndicator")
  HealthIndicator vl4jHealthIndicator(Map<String, Engine> engines) {
    return new EngineHealthIndicator(engines);
  }
}
