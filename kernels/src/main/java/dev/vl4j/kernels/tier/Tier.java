package dev.vl4j.kernels.tier;

import static dev.vl4j.kernels.tier.Architecture.AARCH64;
import static dev.vl4j.kernels.tier.Architecture.X86_64;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Instruction sets that matrix products are written for; of each architecture's, the least first.
 */
public enum Tier {
  /** What the Vector API compiles to: the portable path. */
  VECTOR_API(Architecture.OTHER, List.of(), "the portable path: float32 products"),
  /** {@code vpmaddubsw}: 8-bit products on 256 bits; float32 by {@code vfmadd231ps}. */
  AVX2(X86_64, List.of(Feature.AVX2, Feature.FMA), "int8 and float32 products, float32 attention"),
  /** {@code vpdpbusd}: 8-bit products on 256 bits; the rest as {@link #AVX2}. */
  AVX_VNNI(
      X86_64,
      List.of(Feature.AVX2, Feature.FMA, Feature.AVX_VNNI),
      "int8 and float32 products, float32 attention"),
  /** {@code vpdpbusd} and {@code vfmadd231ps} on 512 bits. */
  AVX512_VNNI(
      X86_64,
      List.of(Feature.AVX512F, Feature.AVX512BW, Feature.AVX512VL, Feature.AVX512_VNNI),
      "int8 and float32 products, float32 attention"),
  /** {@code vdpbf16ps}: bfloat16 products on 512 bits, beside 8-bit ones. */
  AVX512_BF16(
      X86_64,
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16),
      "int8, bf16 and float32 products, bf16 and float32 attention"),
  /** {@code tdpbusd}: 8-bit products on tiles; the rest as {@link #AVX512_BF16}. */
  AMX_INT8(
      X86_64,
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16,
          Feature.AMX_TILE,
          Feature.AMX_INT8),
      "int8 products on tiles; the rest as avx512-bf16"),
  /** {@code tdpbf16ps}: bfloat16 products and attention on tiles, too. */
  AMX_BF16(
      X86_64,
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16,
          Feature.AMX_TILE,
          Feature.AMX_INT8,
          Feature.AMX_BF16),
      "int8 and bf16 products and bf16 attention on tiles; float32 as avx512-bf16"),
  /** {@code sdot}: 8-bit products. */
  NEON_DOTPROD(AARCH64, List.of(Feature.ASIMDDP), "int8 products"),
  /** {@code smmla}: 8-bit products of matrices. */
  NEON_I8MM(AARCH64, List.of(Feature.ASIMDDP, Feature.I8MM), "int8 products of matrices"),
  /** {@code bfmmla}: bfloat16 products of matrices, beside 8-bit ones. */
  NEON_BF16(
      AARCH64,
      List.of(Feature.ASIMDDP, Feature.I8MM, Feature.BF16),
      "int8 and bf16 products of matrices");

  private final Architecture architecture;

  @SuppressWarnings("ImmutableEnumChecker") // List.of gives an immutable one
  private final List<Feature> needs;

  private final String use;

  Tier(Architecture architecture, List<Feature> needs, String use) {
    this.architecture = architecture;
    this.needs = needs;
    this.use = use;
  }

  /** What its kernels compute. */
  public String use() {
    return use;
  }

  /** Whether it needs the system's leave to use AMX's tiles. */
  public boolean usesTiles() {
    return needs.contains(Feature.AMX_TILE);
  }

  /** Whether it has vectors of 512 bits. */
  public boolean usesWideVectors() {
    return needs.contains(Feature.AVX512F);
  }

  /** What processors it is for; of {@link #VECTOR_API}, which is for all, none in particular. */
  public Architecture architecture() {
    return architecture;
  }

  /** Whether a bound on the other tier forbids this one. */
  boolean isBeyond(Tier bound) {
    return this != VECTOR_API
        && (bound == VECTOR_API || architecture == bound.architecture)
        && compareTo(bound) > 0;
  }

  /** Why this tier cannot run on a processor with these features; empty if it can. */
  public String refusal(Set<Feature> features) {
    Set<Feature> absent = EnumSet.noneOf(Feature.class);
    absent.addAll(needs);
    absent.removeAll(features);
    return absent.isEmpty() ? "" : "the processor lacks " + absent;
  }

  /** The name in the property and in reports: {@code avx512-bf16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
