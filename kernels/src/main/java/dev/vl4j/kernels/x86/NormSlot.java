package dev.vl4j.kernels.x86;

/**
 * The arguments of {@link NormCode}'s kernels: 64-bit words of a frame in memory, in this order.
 * Kernels may change them. Addresses are the caller's to keep valid; which are read depends on the
 * kernel. A span is what is normed or rotated by itself: a row or a head of one.
 */
public enum NormSlot implements FrameSlot {
  /** Rows, at least 1. */
  ROWS,
  /** Spans of a row, at least 1. */
  SPANS,
  /** Bytes from one span to the next. */
  SPAN_BYTES,
  /** Whole vectors of a span, of half a span where it is rotated: {@link NormCode#lanes} floats. */
  VECTORS,
  /** {@link NormCode#mask} of the floats past the whole vectors, where there is such a rest. */
  MASK,
  /** The first row, float32. */
  X,
  /** Bytes from one row to the next. */
  X_STRIDE,
  /** The first row of the output; a rotation's is {@link #X}. */
  OUT,
  /** Bytes from one row of the output to the next. */
  OUT_STRIDE,
  /** A factor for each float of a span. */
  WEIGHT,
  /** What is added to each float of a span. */
  BIAS,
  /** Floats of a span, as float64. */
  COUNT,
  /** What is added to a mean of squares, float64. */
  EPSILON,
  /** 1 as float64. */
  ONE,
  /** Where the second halves of the first row's first pairs are. */
  PARTNER,
  /** A factor for each float of {@link #PARTNER}. */
  WEIGHT_PARTNER,
  /** The output of {@link #PARTNER}. */
  OUT_PARTNER,
  /** Bytes from the end of half a head's output to the same half of the next head. */
  OUT_GAP,
  /** The first row's cosines, one for each pair of a span. */
  COSINE,
  /** Bytes from one row of cosines to the next. */
  COSINE_STRIDE,
  /** The first row's sines. */
  SINE,
  /** Bytes from one row of sines to the next. */
  SINE_STRIDE;

  /** Bytes of a frame. */
  public static final int FRAME_BYTES = Long.BYTES * values().length;
}
