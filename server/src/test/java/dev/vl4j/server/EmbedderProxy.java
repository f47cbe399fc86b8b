package dev.vl4j.server;

import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An embedder that many may use and close, and that is seen at work. */
public final class EmbedderProxy {
  public final List<EmbedRequest> requests = new ArrayList<>();
  public int closed;

  /** Thrown for each request, if there is one. */
  public @Nullable RuntimeException failure;

  /** The same embedder, which stays open when this one is closed. */
  public Embedder of(Embedder real) {
    return (Embedder)
        Proxy.newProxyInstance(
            Embedder.class.getClassLoader(),
            new Class<?>[] {Embedder.class},
            (_, method, arguments) -> {
              if (method.getName().equals("close")) {
                closed++;
                return method.getReturnType() == int.class ? 0 : null;
              }
              if (method.getName().equals("submit")) {
                if (failure != null) {
                  throw failure;
                }
                synchronized (requests) {
                  requests.add((EmbedRequest) arguments[0]);
                }
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
