package dev.vl4j.springboot;

import dev.vl4j.engine.Engine;
import java.time.Duration;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.DisposableBean;

/**
 * Closes an engine when the application ends. The engine's own bean depends on this one, so that
 * all who use it have ended before.
 */
record OpenEngine<E extends Engine>(E engine, Duration grace) implements DisposableBean {
  private static final Log LOG = LogFactory.getLog(OpenEngine.class);

  @Override
  public void destroy() {
    int unfinished = engine.close(grace);
    if (unfinished > 0) {
      LOG.warn(
          "%d requests were not finished within vl4j.shutdown-grace, %s"
              .formatted(unfinished, grace));
    }
  }
}
