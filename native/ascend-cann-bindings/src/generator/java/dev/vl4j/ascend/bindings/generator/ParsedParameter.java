package dev.vl4j.ascend.bindings.generator;

/**
 * A parameter of a C function.
 *
 * @param type {@code a} for an address, {@code j}, {@code i}, {@code b}, {@code z} for integers of
 *     8, 4 and 1 bytes and bool, {@code d}, {@code f} for double and float
 * @param target for an address, what it points to, without const: {@code aclTensor*}; else empty
 */
public record ParsedParameter(String name, char type, String target) {
  /** {@code a:tensor}. */
  @Override
  public String toString() {
    return type + ":" + name;
  }
}
