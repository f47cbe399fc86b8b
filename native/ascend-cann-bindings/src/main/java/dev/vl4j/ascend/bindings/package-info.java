/**
 * CANN's functions and numbers, generated from {@code ascend_abi.h}: {@code AscendFunctions} and
 * {@code AscendConstants}. Nothing here calls them.
 *
 * <pre>{@code
 * MethodHandle malloc =
 *     linker.downcallHandle(address, AscendFunctions.aclrtMalloc.descriptor());
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.bindings;
