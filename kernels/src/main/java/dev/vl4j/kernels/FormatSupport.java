package dev.vl4j.kernels;

/**
 * In which formats linear layers are computed. Every {@link Backend} says so; a provider that can
 * say it without opening a backend hands it out as a capability.
 */
public interface FormatSupport {
  /** How linear layers of this format are computed. */
  Support supports(OperandFormat operands);
}
