package dev.vl4j.device.memory;

/** A device's memory, whoever uses it, in bytes. */
public record MemoryInfo(long free, long total) {}
