package dev.vl4j.kernels.tier;

/**
 * Whether a tier can run.
 *
 * @param refusal why not; empty if it can
 */
public record TierReport(Tier tier, String refusal) {}
