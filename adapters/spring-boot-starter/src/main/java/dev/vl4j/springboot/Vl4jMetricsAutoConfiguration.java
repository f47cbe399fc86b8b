package dev.vl4j.springboot;

import dev.vl4j.engine.Engine;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Meters of all models, which Spring Boot binds to the application's registries. */
@AutoConfiguration(after = Vl4jAutoConfiguration.class)
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBean(Engine.class)
public final class Vl4jMetricsAutoConfiguration {
  /** For Spring. */
  public Vl4jMetricsAutoConfiguration() {}

  @Bean
  EngineMeters vl4jEngineMeters(ListableBeanFactory beans) {
    return new EngineMeters(() -> beans.getBeansOfType(Engine.class));
  }

  /** Before the application's own, which may have an observer for itself. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  ModelOptionsCustomizer vl4jObservedModels(EngineMeters meters) {
    return (bean, options) -> options.withObserver(meters.observer(bean));
  }
}
