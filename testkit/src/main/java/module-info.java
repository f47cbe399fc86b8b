/**
 * What every backend must do, as tests to extend, and a backend that finds misuse of backends.
 *
 * <p>Open, because test engines call what they find by reflection.
 */
@org.jspecify.annotations.NullMarked
open module dev.vl4j.testkit {
  requires static org.jspecify;
  requires transitive dev.vl4j.kernels;
  requires transitive org.assertj.core;
  requires transitive org.junit.jupiter.api;
  requires transitive org.junit.jupiter.params;

  exports dev.vl4j.testkit;
  exports dev.vl4j.testkit.delayed;

  uses dev.vl4j.kernels.BackendProvider;

  provides dev.vl4j.kernels.BackendProvider with
      dev.vl4j.testkit.delayed.DelayedProvider;
}
