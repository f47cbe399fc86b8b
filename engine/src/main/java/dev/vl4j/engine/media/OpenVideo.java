package dev.vl4j.engine.media;

/** A video that is being read. For one thread. */
public interface OpenVideo extends AutoCloseable {
  /**
   * Width of a frame in pixels, upright: turned by the quarters that the file asks for, which is
   * what torchcodec does, the first choice of the model's own script.
   */
  int width();

  /** Height of a frame in pixels, likewise. */
  int height();

  /**
   * How many frames there are: as many as decoding gives, whatever the file says. They were counted
   * when it was opened.
   */
  long frames();

  /** The average rate of the frames, as the container has it; more than 0. */
  double framesPerSecond();

  /** What is done with a frame. */
  @FunctionalInterface
  interface FrameSink {
    /**
     * Takes one frame.
     *
     * @param frame its index, from 0 in the order in which frames are shown
     * @param samples {@code [height][width][3]}, red, green and blue; overwritten by the next frame
     */
    void accept(long frame, byte[] samples);
  }

  /**
   * Decodes some of the frames, one after another. Memory is bounded by the codec's own references
   * and one frame, however many are wanted. At most once for an open video.
   *
   * @param wanted their indices, ascending; the same one may occur again, and is then given once
   * @throws MediaException if one of them cannot be decoded, or does not exist
   */
  void read(long[] wanted, FrameSink sink) throws MediaException;

  @Override
  void close();
}
