package dev.vl4j.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plug-in's class loader, on all kinds of threads, and several of them in one JVM. */
@Timeout(120)
class ClassLoadersTest {
  /** What all hosts are compared with. */
  @Test
  void theApplicationsBackendIsUsed() throws Exception {
    assertThat(new DemoRanking().call()).startsWith("shipped:3\n").hasLineCount(6);
  }

  @Test
  void anIsolatedClassLoaderRanksOnAThreadWithoutContextClassLoader() throws Exception {
    assertIsolatedRanking(Thread.ofPlatform(), null);
  }

  @Test
  void anIsolatedClassLoaderRanksOnAThreadWithAStrangeContextClassLoader() throws Exception {
    assertIsolatedRanking(Thread.ofPlatform(), ClassLoader.getPlatformClassLoader());
  }

  @Test
  void anIsolatedClassLoaderRanksOnAVirtualThread() throws Exception {
    assertIsolatedRanking(Thread.ofVirtual(), ClassLoader.getSystemClassLoader());
  }

  @Test
  void classLoadersRankBesideEachOther() throws Exception {
    String expected = new DemoRanking().call();
    List<URLClassLoader> loaders = new ArrayList<>();
    try {
      List<FutureTask<String>> tasks = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        URLClassLoader loader = ClassPath.isolated();
        loaders.add(loader);
        tasks.add(start(Thread.ofPlatform(), null, ClassPath.demoRanking(loader)));
      }
      for (FutureTask<String> task : tasks) {
        assertThat(task.get()).isEqualTo(expected);
      }
    } finally {
      for (URLClassLoader loader : loaders) {
        loader.close();
      }
    }
  }

  private static void assertIsolatedRanking(Thread.Builder threads, ClassLoader context)
      throws Exception {
    try (URLClassLoader loader = ClassPath.isolated()) {
      assertThat(start(threads, context, ClassPath.demoRanking(loader)).get())
          .isEqualTo(new DemoRanking().call());
    }
  }

  /** Ranks on a new thread, whose context class loader must be what it was. */
  private static FutureTask<String> start(
      Thread.Builder threads, ClassLoader context, Callable<String> ranking) {
    FutureTask<String> task =
        new FutureTask<>(() -> {
          String ranked = ranking.call();
          assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(context);
          return ranked;
        });
    Thread thread = threads.unstarted(task);
    thread.setContextClassLoader(context);
    thread.start();
    return task;
  }
}
