package dev.vl4j.cuda.fake;

/** A kernel in plain Java: computes what all of its blocks compute. */
@FunctionalInterface
public interface Twin {
  void run(Launch launch);
}
