/** The forward pass on NVIDIA GPUs, through the Foreign Function and Memory API. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.cuda {
  requires static org.jspecify;
  requires dev.vl4j.device;
  requires dev.vl4j.kernels;

  provides dev.vl4j.kernels.BackendProvider with
      dev.vl4j.cuda.CudaProvider;
}
