package dev.vl4j.cuda.fake.twin;

import dev.vl4j.cuda.fake.Launch;

/** {@code plain.cu}. */
final class PlainAttentionTwin {
  private static final int KEYS = 32;

  private PlainAttentionTwin() {}

  static void run(Launch launch) {
    Parameters in = new Parameters(launch);
    long queryAddress = in.address();
    int queryStride = in.integer();
    Rows out = in.rows();
    long tiles = in.address();
    long pieces = in.address();
    int layer = in.integer();
    int heads = in.integer();
    int keyValueHeads = in.integer();
    float scale = in.number();
    int headSize = in.integer();
    in.integer(); // rows of a tile
    int format = in.integer();
    Rows queries = new Rows(launch, queryAddress, queryStride, format);
    for (int block = 0; block < launch.gridX(); block++) {
      int head = block % heads;
      KeyRows tile =
          new KeyRows(launch, tiles, block / heads, pieces, layer, headSize, keyValueHeads, format);
      int keyHead = head / (heads / keyValueHeads);
      float[][] keys = tile.keys(keyHead);
      float[][] values = tile.values(keyHead);
      for (int row = 0; row < tile.rows; row++) {
        float[] query = queries.read(tile.queryRow + row, head * headSize, headSize, 1);
        float[] mixed = attend(query, keys, values, tile.seenBy(row), scale);
        out.write(tile.queryRow + row, head * headSize, mixed);
      }
    }
  }

  private static float[] attend(
      float[] query, float[][] keys, float[][] values, int seen, float scale) {
    float[] sums = new float[query.length];
    float total = 0;
    float maximum = Float.NEGATIVE_INFINITY;
    for (int first = 0; first < seen; first += KEYS) {
      float[] scores = new float[KEYS];
      float largest = maximum;
      for (int i = 0; i < KEYS; i++) {
        scores[i] =
            first + i < seen ? product(query, keys[first + i]) * scale : Float.NEGATIVE_INFINITY;
        if (scores[i] > largest) {
          largest = scores[i];
        }
      }
      for (int i = 0; i < KEYS; i++) {
        scores[i] = Functions.exponential(scores[i] - largest);
      }
      float shrink = Functions.exponential(maximum - largest);
      maximum = largest;
      total = Math.fma(total, shrink, Functions.sumOfLanes(scores));
      for (int column = 0; column < query.length; column++) {
        float sum = sums[column] * shrink;
        for (int i = 0; i < KEYS; i++) {
          float value = first + i < values.length ? values[first + i][column] : 0;
          sum = Math.fma(scores[i], value, sum);
        }
        sums[column] = sum;
      }
    }
    for (int column = 0; column < query.length; column++) {
      sums[column] /= total;
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
