package dev.vl4j.cuda.fake.twin;

import dev.vl4j.cuda.fake.Launch;

/**
 * {@code attention.cu} and {@code hopper.cu}. A tensor core's sum is taken for a chain over
 * ascending depth; which it is, is the device's own.
 */
final class AttentionTwin {
  private static final int HOPPER_KEYS = 128;

  private final Launch launch;
  private final int headSize;
  private final int tileKeys;

  /** Rows that meet the same tiles, also those that only others of them see. */
  private final int rowsTogether;

  /**
   * Whether it is {@code hopper.cu}: there a thread adds up neighboring weights before it adds them
   * to its sum, and the kernel is told how many items there are, so that a grid may be smaller.
   */
  private final boolean hopper;

  private AttentionTwin(
      Launch launch, int headSize, int tileKeys, int rowsTogether, boolean hopper) {
    this.launch = launch;
    this.headSize = headSize;
    this.tileKeys = tileKeys;
    this.rowsTogether = rowsTogether;
    this.hopper = hopper;
  }

  static void tensorCore(Launch launch, int headSize) {
    int rowBytes = ((headSize + 15) / 16 * 16 + 8) * Short.BYTES;
    int tileKeys = (launch.sharedBytes() / rowBytes - 128) / 4;
    new AttentionTwin(launch, headSize, tileKeys, 32, false).run();
  }

  static void hopper(Launch launch, int headSize) {
    new AttentionTwin(launch, headSize, HOPPER_KEYS, 64, true).run();
  }

  private void run() {
    Parameters in = new Parameters(launch);
    Rows queries = new Rows(launch, in.address(), in.integer(), Rows.BFLOAT16);
    Rows out = in.rows();
    long tiles = in.address();
    long pieces = in.address();
    int layer = in.integer();
    int heads = in.integer();
    int keyValueHeads = in.integer();
    float scaleLog2e = in.number();
    int items = hopper ? in.integer() : launch.gridX();
    for (int item = 0; item < items; item++) {
      int head = item % heads;
      KeyRows tile =
          new KeyRows(
              launch, tiles, item / heads, pieces, layer, headSize, keyValueHeads, Rows.BFLOAT16);
      int keyHead = head / (heads / keyValueHeads);
      float[][] keys = tile.keys(keyHead);
      float[][] values = tile.values(keyHead);
      for (int row = 0; row < tile.rows; row++) {
        float[] query = queries.read(tile.queryRow + row, head * headSize, headSize, 1);
        int met = tile.seenBy(row / rowsTogether * rowsTogether + rowsTogether - 1);
        float[] mixed = attend(query, keys, values, tile.seenBy(row), met, scaleLog2e);
        out.write(tile.queryRow + row, head * headSize, mixed);
      }
    }
  }

  private float[] attend(
      float[] query, float[][] keys, float[][] values, int seen, int met, float scaleLog2e) {
    float[] sums = new float[headSize];
    // Four threads share a row; each has two of eight neighboring keys.
    float[] totals = new float[4];
    float maximum = Float.NEGATIVE_INFINITY;
    for (int first = 0; first < met; first += tileKeys) {
      float[] scores = new float[tileKeys];
      float largest = maximum;
      for (int i = 0; i < tileKeys; i++) {
        scores[i] = Float.NEGATIVE_INFINITY;
        if (first + i < seen) {
          scores[i] = product(query, keys[first + i]);
        }
        if (scores[i] > largest) {
          largest = scores[i];
        }
      }
      float shrink = Functions.exp2((maximum - largest) * scaleLog2e);
      float offset = largest * scaleLog2e;
      maximum = largest;
      float[] parts = new float[4];
      for (int i = 0; i < tileKeys; i += 2) {
        scores[i] = Functions.exp2(Math.fma(scores[i], scaleLog2e, -offset));
        scores[i + 1] = Functions.exp2(Math.fma(scores[i + 1], scaleLog2e, -offset));
        int thread = i / 2 % 4;
        parts[thread] =
            hopper
                ? parts[thread] + (scores[i] + scores[i + 1])
                : parts[thread] + scores[i] + scores[i + 1];
      }
      for (int thread = 0; thread < 4; thread++) {
        totals[thread] = Math.fma(totals[thread], shrink, parts[thread]);
      }
      for (int column = 0; column < headSize; column++) {
        float sum = sums[column] * shrink;
        for (int i = 0; i < tileKeys; i++) {
          float value = first + i < values.length ? values[first + i][column] : 0;
          sum = Math.fma(Functions.roundToBf16(scores[i]), value, sum);
        }
        sums[column] = sum;
      }
    }
    float inverse = 1 / (totals[0] + totals[1] + (totals[2] + totals[3]));
    for (int column = 0; column < headSize; column++) {
      sums[column] *= inverse;
    }
    return sums;
  }

  private static float product(float[] query, float[] key) {
    float product = 0;
    for (int i = 0; i < query.length; i++) {
      product = Math.fma(query[i], key[i], product);
    }
    return product;
  }
}
