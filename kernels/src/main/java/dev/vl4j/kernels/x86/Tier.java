package dev.vl4j.kernels.x86;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Instruction sets that matrix products are written for, the least first. */
public enum Tier {
  /** What the Vector API compiles to: the portable path. */
  VECTOR_API(List.of(), "", "the portable path: float32 products"),
  /** {@code vpmaddubsw}: 8-bit products on 256 bits. */
  AVX2(List.of(Feature.AVX2), "", "int8 products"),
  /** {@code vpdpbusd}: 8-bit products on 256 bits. */
  AVX_VNNI(List.of(Feature.AVX2, Feature.AVX_VNNI), "", "int8 products"),
  /** The same on 512 bits. */
  AVX512_VNNI(
      List.of(Feature.AVX512F, Feature.AVX512BW, Feature.AVX512VL, Feature.AVX512_VNNI),
      "",
      "int8 products"),
  /** {@code vdpbf16ps}: bfloat16 products on 512 bits, beside 8-bit ones. */
  AVX512_BF16(
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16),
      "",
      "int8 and bf16 products, bf16 attention"),
  /** {@code tdpbusd}: 8-bit products on tiles; the rest as {@link #AVX512_BF16}. */
  AMX_INT8(
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16,
          Feature.AMX_TILE,
          Feature.AMX_INT8),
      "",
      "int8 products on tiles; bf16 products and attention as avx512-bf16"),
  /** {@code tdpbf16ps}: bfloat16 products and attention on tiles, too. */
  AMX_BF16(
      List.of(
          Feature.AVX512F,
          Feature.AVX512BW,
          Feature.AVX512VL,
          Feature.AVX512_VNNI,
          Feature.AVX512_BF16,
          Feature.AMX_TILE,
          Feature.AMX_INT8,
          Feature.AMX_BF16),
      "",
      "int8 and bf16 products and bf16 attention on tiles"),
  /** {@code bfmmla}: bfloat16 products on aarch64. */
  BFMMLA(List.of(), "for aarch64, and its kernels are not written", ""),
  /** {@code smmla}: int8 products on aarch64. */
  SMMLA(List.of(), "for aarch64, and its kernels are not written", "");

  @SuppressWarnings("ImmutableEnumChecker") // List.of gives an immutable one
  private final List<Feature> needs;

  private final String missing;
  private final String use;

  Tier(List<Feature> needs, String missing, String use) {
    this.needs = needs;
    this.missing = missing;
    this.use = use;
  }

  /** Why it can run nowhere yet; empty if it can. */
  String missing() {
    return missing;
  }

  /** What its kernels compute. */
  public String use() {
    return use;
  }

  /** Whether it needs {@link TilePermission}. */
  boolean usesTiles() {
    return needs.contains(Feature.AMX_TILE);
  }

  /** Why this tier cannot run on a processor with these features; empty if it can. */
  String refusal(Set<Feature> features) {
    if (!missing.isEmpty()) {
      return missing;
    }
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
