package dev.vl4j.kernels;

/**
 * A device's memory, in bytes.
 *
 * @param total what the device has
 * @param free what could be had now
 * @param held what this backend's open handles have, weights included
 * @param dedicated whether it serves the device alone, and not the host's programs as well
 */
public record DeviceMemory(long total, long free, long held, boolean dedicated) {}
