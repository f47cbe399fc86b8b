package dev.vl4j.kernels;

/**
 * Whether a backend can run on this machine.
 *
 * @param name what {@link Backends#open} calls it
 * @param detail what it would use, or why it cannot run
 */
public record BackendReport(String name, boolean usable, String detail) {}
