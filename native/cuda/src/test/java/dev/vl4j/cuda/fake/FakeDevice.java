package dev.vl4j.cuda.fake;

/**
 * A GPU to be.
 *
 * @param capability 90 for compute capability 9.0
 * @param bytes of memory
 * @param sharedBytes most shared memory of a block
 */
public record FakeDevice(
    String name, int capability, long bytes, int multiprocessors, int sharedBytes) {
  /** Like an H100, with less memory. */
  public static final FakeDevice HOPPER = new FakeDevice("Fake H100", 90, 4L << 30, 132, 227 << 10);

  /** Like an RTX 4090, with less memory. */
  public static final FakeDevice ADA = new FakeDevice("Fake RTX 4090", 89, 4L << 30, 128, 99 << 10);

  public FakeDevice withBytes(long newBytes) {
    return new FakeDevice(name, capability, newBytes, multiprocessors, sharedBytes);
  }

  public FakeDevice withCapability(int newCapability) {
    return new FakeDevice(name, newCapability, bytes, multiprocessors, sharedBytes);
  }
}
