package dev.vl4j.cuda.library;

/** The three libraries that the backend calls: the driver, cuBLASLt and NVRTC. */
public record Libraries(Symbols driver, Symbols cublasLt, Symbols nvrtc) {}
