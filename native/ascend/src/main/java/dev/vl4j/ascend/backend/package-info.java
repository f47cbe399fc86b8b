/** The backend: puts device, memory and operators together. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.backend;
