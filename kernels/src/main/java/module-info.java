/** The arithmetic: tensors, the backend interface and the CPU backends. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.kernels {
  requires static org.jspecify;
  requires jdk.incubator.vector;

  exports dev.vl4j.kernels;
  exports dev.vl4j.kernels.packed;
  exports dev.vl4j.kernels.reference;

  uses dev.vl4j.kernels.BackendProvider;

  provides dev.vl4j.kernels.BackendProvider with
      dev.vl4j.kernels.cpu.CpuProvider,
      dev.vl4j.kernels.reference.ReferenceProvider;
}
