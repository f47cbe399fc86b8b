package dev.vl4j.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/** Loading of the competitors' native libraries. */
final class Natives {
  private Natives() {}

  /** Loads the libraries of a JavaCPP class. */
  static void load(Class<?> type) {
    String _ = Loader.load(type);
  }

  /** Why the libraries of a JavaCPP class cannot be loaded, or null. */
  static @Nullable String refusal(Class<?> type) {
    try {
      load(type);
      return null;
    } catch (LinkageError e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * What {@code OMP_NUM_THREADS} does, for work that the calling thread starts. A library that
   * brings OpenMP must have been loaded before.
   */
  @SuppressWarnings("restricted")
  static void setOpenMpThreads(int threads) {
    try {
      Linker.nativeLinker()
          .downcallHandle(
              SymbolLookup.loaderLookup().findOrThrow("omp_set_num_threads"),
              FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
          .invokeExact(threads);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
