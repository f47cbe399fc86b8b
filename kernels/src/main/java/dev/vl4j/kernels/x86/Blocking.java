package dev.vl4j.kernels.x86;

/**
 * How a large product is cut, so that its parts stay in the caches while they are in use.
 *
 * @param depthBytes bytes of depth that all rows of a block pass before the next are read
 * @param rows of a block, a multiple of {@link Products#tileRows}
 * @param panels that a block passes at each step of depth
 */
public record Blocking(int depthBytes, int rows, int panels) {}
