package dev.vl4j.cuda.kernel;

/**
 * What kernels are compiled for.
 *
 * @param major of the device's compute capability
 * @param minor of the device's compute capability
 * @param sharedBytes shared memory that a block can have at most
 */
public record Target(int major, int minor, int sharedBytes) {
  /** What the attention kernels for heads of 128 need with tiles of 64 keys. */
  private static final int WIDE_TILES = 102 * 1024;

  /**
   * A device.
   *
   * @param capability 90 for compute capability 9.0
   */
  public static Target of(int capability, int sharedBytes) {
    return new Target(capability / 10, capability % 10, sharedBytes);
  }

  /** 90 for compute capability 9.0. */
  int capability() {
    return 10 * major + minor;
  }

  /** Whether wgmma is there. */
  public boolean hopper() {
    return major == 9 && minor == 0;
  }

  /** Whether tensor cores multiply 8-bit floating point. */
  public boolean e4m3() {
    return hasE4m3(capability());
  }

  /**
   * The same of a compute capability.
   *
   * @param capability 90 for compute capability 9.0
   */
  public static boolean hasE4m3(int capability) {
    return capability >= 89;
  }

  /** Keys of a tile of the mma.sync kernels. */
  public int tileKeys() {
    return sharedBytes >= WIDE_TILES ? 64 : 32;
  }

  /**
   * A name for the compiler, with the instructions that only 9.0 has.
   *
   * @param minor of this target, or a smaller one
   */
  String architecture(int minor) {
    return "sm_%d%d%s".formatted(major, minor, hopper() ? "a" : "");
  }
}
