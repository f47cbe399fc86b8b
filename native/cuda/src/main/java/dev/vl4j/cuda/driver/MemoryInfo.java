package dev.vl4j.cuda.driver;

/** A device's memory, whoever uses it, in bytes. */
public record MemoryInfo(long free, long total) {}
