/**
 * A machine with Ascend NPUs in plain Java, stricter than a real one: what {@code ascend_abi.h}
 * declares, as native functions that execute.
 */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.fake;
