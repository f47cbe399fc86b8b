package dev.vl4j.cuda.library;

import dev.vl4j.device.library.Symbols;
import org.jspecify.annotations.Nullable;

/**
 * The libraries that the backend calls.
 *
 * @param nvrtc null where kernels that are compiled already will do
 */
public record Libraries(Symbols driver, Symbols cublasLt, @Nullable Symbols nvrtc) {}
