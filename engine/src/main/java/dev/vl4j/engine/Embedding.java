package dev.vl4j.engine;

/**
 * The vector of one input.
 *
 * <p>The forms in 8 bits and in one bit keep the order of similarities about, in a quarter and in a
 * thirty-second of the memory.
 */
public final class Embedding {
  private static final int LARGEST = Byte.MAX_VALUE;

  private final int index;
  private final float[] vector;
  private final int promptTokens;

  /**
   * @param vector not copied
   */
  Embedding(int index, float[] vector, int promptTokens) {
    this.index = index;
    this.vector = vector;
    this.promptTokens = promptTokens;
  }

  /** The input's index in the request. */
  public int index() {
    return index;
  }

  /** The vector, {@code [dimensions]}: a new copy. */
  public float[] vector() {
    return vector.clone();
  }

  /** How many elements the vector has. */
  public int dimensions() {
    return vector.length;
  }

  /** Tokens of this input's whole prompt, visual tokens included. */
  public int promptTokens() {
    return promptTokens;
  }

  /** What {@link #int8} multiplies the vector with: 127 by its largest magnitude. */
  public float int8Scale() {
    float largest = 0;
    for (float value : vector) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest == 0 ? 1 : LARGEST / largest;
  }

  /**
   * The vector in 8 bits, {@code [dimensions]}: each element times {@link #int8Scale}, rounded half
   * to even. Cosines need no scale; for other products, divide by both scales.
   */
  public byte[] int8() {
    float scale = int8Scale();
    byte[] rounded = new byte[vector.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (byte) Math.rint((double) vector[i] * scale);
    }
    return rounded;
  }

  /**
   * The signs, {@code [dimensions / 8]}, rounded up: a bit is set for an element of 0 or more, the
   * first element's is the highest of the first byte, and bits beyond the last are 0. As numbers
   * from 0 to 255 the bytes are Cohere's {@code ubinary}; similarity is the number of equal bits.
   */
  public byte[] ubinary() {
    byte[] packed = new byte[Math.ceilDiv(vector.length, Byte.SIZE)];
    for (int i = 0; i < vector.length; i++) {
      if (vector[i] >= 0) {
        packed[i / Byte.SIZE] |= (byte) (0x80 >>> i % Byte.SIZE);
      }
    }
    return packed;
  }

  /** {@link #ubinary} less 128: Cohere's {@code binary}, numbers from -128 to 127. */
  public byte[] binary() {
    byte[] packed = ubinary();
    for (int i = 0; i < packed.length; i++) {
      packed[i] -= (byte) 128;
    }
    return packed;
  }

  @Override
  public String toString() {
    return "Embedding[index=%d, dimensions=%d, promptTokens=%d]"
        .formatted(index, vector.length, promptTokens);
  }
}
