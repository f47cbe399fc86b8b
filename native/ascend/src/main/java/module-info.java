/** The forward pass on Ascend NPUs, through the Foreign Function and Memory API. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.ascend {
  requires static org.jspecify;
  requires dev.vl4j.ascend.bindings;
  requires dev.vl4j.device;
  requires dev.vl4j.kernels;

  provides dev.vl4j.kernels.BackendProvider with
      dev.vl4j.ascend.AscendProvider;
}
