package dev.vl4j.engine.media;

/** A document of pages that is being read. For one thread. */
public interface OpenPages extends AutoCloseable {
  /** How many pages there are. */
  int pages();

  /**
   * The visible size of a page, upright.
   *
   * @param width in points, of which an inch has 72
   * @param height likewise
   */
  record PageSize(double width, double height) {}

  /**
   * The size of a page.
   *
   * @param page from 0
   * @throws MediaException if the page cannot be read
   */
  PageSize size(int page) throws MediaException;

  /**
   * Draws a page on white.
   *
   * @param page from 0
   * @param width of the picture in pixels, to which the page's width is stretched
   * @param height likewise
   * @return {@code [height][width][3]}, red, green and blue
   * @throws MediaException if the page cannot be drawn
   */
  byte[] render(int page, int width, int height) throws MediaException;

  @Override
  void close();
}
