/** What backends on devices share. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.device {
  requires static org.jspecify;
  requires transitive dev.vl4j.kernels;

  exports dev.vl4j.device.backend;
  exports dev.vl4j.device.library;
  exports dev.vl4j.device.memory;
}
