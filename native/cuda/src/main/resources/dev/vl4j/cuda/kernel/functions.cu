// Elementary functions, made of operations that round alike everywhere. exp, silu and the GELUs are
// those of the CPU backend (dev.vl4j.kernels.cpu.vector.VectorMath), which has their sources.

// e^x to 2 units in the last place; 0 below -87.3, and constant above 88.3; NaN for NaN.
__device__ __forceinline__ float exponential(float x) {
  const float bounded = fminf(fmaxf(x, -87.3f), 88.3f);
  const float shifted = fmaf(bounded, 1.44269504f, 12582912.0f);  // an integer in its low bits
  const float n = shifted - 12582912.0f;
  float r = fmaf(n, -0.693145752f, bounded);
  r = fmaf(n, -1.42860677e-6f, r);
  float p = 1.0f / 5040;
  p = fmaf(p, r, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  const float scaled = __uint_as_float(__float_as_uint(p) + (__float_as_uint(shifted) << 23));
  return x >= -87.3f ? scaled : x < -87.3f ? 0.0f : x;
}

// x / (1 + e^-x)
__device__ __forceinline__ float silu(float x) { return x / (exponential(-x) + 1.0f); }

// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), tanh written as a sigmoid.
__device__ __forceinline__ float geluTanh(float x) {
  const float cubic = x * x * x * 0.044715f + x;
  return x / (exponential(cubic * (-2 * 0.797884561f)) + 1.0f);
}

// 0.5 x (1 + erf(x / sqrt 2)), the complement of erf to 1.2e-7 relative.
__device__ __forceinline__ float geluErf(float x) {
  const float z = x * 0.707106781f;
  const float magnitude = fabsf(z);
  const float t = 1.0f / (magnitude * 0.5f + 1.0f);
  float p = 0.17087277f;
  p = fmaf(p, t, -0.82215223f);
  p = fmaf(p, t, 1.48851587f);
  p = fmaf(p, t, -1.13520398f);
  p = fmaf(p, t, 0.27886807f);
  p = fmaf(p, t, -0.18628806f);
  p = fmaf(p, t, 0.09678418f);
  p = fmaf(p, t, 0.37409196f);
  p = fmaf(p, t, 1.00002368f);
  p = fmaf(p, t, -1.26551223f);
  const float complement = t * exponential(p - magnitude * magnitude);
  return x * 0.5f * (z < 0 ? complement : 2.0f - complement);
}

// Activations; the numbers are those of Kernels.epilogue.
enum Activation { NO_ACTIVATION = 0, GELU_TANH = 1, GELU_ERF = 2 };

__device__ __forceinline__ float activate(float x, int activation) {
  switch (activation) {
    case GELU_TANH:
      return geluTanh(x);
    case GELU_ERF:
      return geluErf(x);
    default:
      return x;
  }
}

struct CosineAndSine {
  float cosine;
  float sine;
};

// Of an angle below 2^31 in magnitude, rounded from float64. The multiples of pi/2 are taken off in
// two parts: the first difference is exact, since it is a multiple of the part's last bit and no
// larger than the part. On [-pi/4, pi/4] the Taylor polynomials are off by 1e-13 at most.
__device__ __forceinline__ CosineAndSine turn(float angle) {
  const double n = rint(angle * 0.63661977236758134308);  // 2/pi
  double r = fma(n, -1.5707963267948966, static_cast<double>(angle));
  r = fma(n, -6.123233995736766e-17, r);
  const double square = r * r;
  double sine = -1.0 / 39916800;
  sine = fma(sine, square, 1.0 / 362880);
  sine = fma(sine, square, -1.0 / 5040);
  sine = fma(sine, square, 1.0 / 120);
  sine = fma(sine, square, -1.0 / 6);
  sine = fma(sine * square, r, r);
  double cosine = 1.0 / 479001600;
  cosine = fma(cosine, square, -1.0 / 3628800);
  cosine = fma(cosine, square, 1.0 / 40320);
  cosine = fma(cosine, square, -1.0 / 720);
  cosine = fma(cosine, square, 1.0 / 24);
  cosine = fma(cosine, square, -0.5);
  cosine = fma(cosine, square, 1.0);
  const int quarter = static_cast<int>(static_cast<long>(n) & 3);
  const double c = quarter % 2 == 0 ? cosine : sine;
  const double s = quarter % 2 == 0 ? sine : cosine;
  return {static_cast<float>(quarter == 1 || quarter == 2 ? -c : c),
          static_cast<float>(quarter >= 2 ? -s : s)};
}
