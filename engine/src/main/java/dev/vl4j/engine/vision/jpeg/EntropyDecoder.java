package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/** Decodes the coefficients of one scan, MCU after MCU. */
interface EntropyDecoder {
  /**
   * Adds the next MCU to the coefficients that are there; coefficients that it does not have stay.
   */
  void decode(Mcu mcu) throws BrokenImageException, EndOfDataException;

  /**
   * Passes over MCUs that the scan leaves as they are, where this is known without reading.
   *
   * @param most how many at most
   * @return how many
   */
  int skip(int most);

  /** Whether a marker came before the end of the data, and nothing is decoded any more. */
  boolean exhausted();
}
