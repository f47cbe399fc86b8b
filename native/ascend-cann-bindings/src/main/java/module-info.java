/** What vl4j calls of CANN, Huawei's software for Ascend NPUs. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.ascend.bindings {
  requires static org.jspecify;

  exports dev.vl4j.ascend.bindings;
}
