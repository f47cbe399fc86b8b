package dev.vl4j.server.batch;

import java.io.PrintStream;

/**
 * Answers to a pipe, a terminal or a device.
 *
 * @param name what error messages call it
 * @param own whether the stream ends with this
 */
record StreamOutput(PrintStream stream, String name, boolean own) implements BatchOutput {
  @Override
  public Earlier resume(LineReader lines, LineIds ids) {
    return Earlier.NOTHING;
  }

  @Override
  public void write(byte[] line) {
    stream.write(line, 0, line.length);
    check();
  }

  @Override
  public String afterStop() {
    return "the answers so far are complete";
  }

  @Override
  public void close() {
    if (own) {
      stream.close();
    }
    check();
  }

  private void check() {
    if (stream.checkError()) { // flushes, too
      throw new BatchException("cannot write " + name);
    }
  }
}
