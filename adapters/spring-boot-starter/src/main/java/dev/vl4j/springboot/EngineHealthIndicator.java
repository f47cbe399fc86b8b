package dev.vl4j.springboot;

import dev.vl4j.engine.Engine;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Up while all engines compute; an engine that an internal error has stopped does not come back
 * before the application is started again.
 */
final class EngineHealthIndicator implements HealthIndicator {
  private final Map<String, Engine> engines;

  /**
   * @param engines by the names of their beans
   */
  EngineHealthIndicator(Map<String, Engine> engines) {
    this.engines = Map.copyOf(engines);
  }

  @Override
  public Health health() {
    boolean allAlive = engines.values().stream().allMatch(Engine::isAlive);
    Health.Builder health = allAlive ? Health.up() : Health.down();
    engines.forEach((name, engine) -> health.withDetail(name, details(engine)));
    return health.build();
  }

  private static Map<String, Object> details(Engine engine) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("alive", engine.isAlive());
    details.put("dtype", engine.precision().toString());
    details.put("devices", engine.devices().stream().map(Object::toString).toList());
    details.put("requestsInFlight", engine.statistics().requestsInFlight());
    return details;
  }
}
