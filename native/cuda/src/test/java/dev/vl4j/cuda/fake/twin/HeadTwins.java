package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.vl4j.cuda.fake.Launch;
import dev.vl4j.cuda.kernel.RowPlace;
import java.lang.foreign.MemorySegment;

/** {@code heads.cu}. */
final class HeadTwins {
  private HeadTwins() {}

  static void rotaryTable(Launch launch) {
    Parameters in = new Parameters(launch);
    long frequencies = in.address();
    long axes = in.address();
    float scale = in.number();
    long positions = in.address();
    int rows = in.integer();
    int pairs = in.integer();
    Rows table = new Rows(launch, in.address(), 2 * pairs, Rows.FLOAT32);
    for (int row = 0; row < rows; row++) {
      float[] turns = new float[2 * pairs];
      for (int pair = 0; pair < pairs; pair++) {
        int axis = Rows.integer(launch, axes, pair);
        int position = Rows.integer(launch, positions, (long) axis * rows + row);
        var turned = Functions.turn(position * Rows.number(launch, frequencies, pair));
        turns[pair] = turned.cosine() * scale;
        turns[pairs + pair] = turned.sine() * scale;
      }
      table.write(row, 0, turns);
    }
  }

  static void placeHeads(Launch launch) {
    Parameters in = new Parameters(launch);
    Rows x = in.floats();
    int rows = in.integer();
    int queryHeads = in.integer();
    int keyValueHeads = in.integer();
    int headSize = in.integer();
    Rows queryWeight = in.vector();
    float queryEpsilon = in.number();
    Rows keyWeight = in.vector();
    float keyEpsilon = in.number();
    Rows rotary = new Rows(launch, in.address(), headSize, Rows.FLOAT32);
    Rows queries = in.rows();
    long places = in.address();
    int layer = in.integer();
    int lanes = in.integer();
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < queryHeads + 2 * keyValueHeads; head++) {
        float[] v = x.read(row, head * headSize, headSize, 1);
        boolean isQuery = head < queryHeads;
        if (head < queryHeads + keyValueHeads) {
          norm(v, isQuery ? queryWeight : keyWeight, isQuery ? queryEpsilon : keyEpsilon, lanes);
          turn(v, rotary.read(row, headSize));
        }
        if (isQuery) {
          queries.write(row, head * headSize, v);
        } else {
          long address = place(launch, places, row, layer);
          Rows target = new Rows(launch, address, 0, queries.format());
          target.write(0, (head - queryHeads) * headSize, v);
        }
      }
    }
  }

  /** Where a row's keys and values of a layer go. */
  private static long place(Launch launch, long places, int row, int layer) {
    MemorySegment place = launch.read(places + (long) row * RowPlace.BYTES, RowPlace.BYTES);
    return place.get(JAVA_LONG_UNALIGNED, 0) + layer * place.get(JAVA_LONG_UNALIGNED, 8);
  }

  /** Each lane adds up four pairs, and then those that lie {@code lanes * 4} pairs behind. */
  private static void norm(float[] head, Rows weight, float epsilon, int lanes) {
    if (!weight.isPresent()) {
      return;
    }
    int half = head.length / 2;
    float[] sums = new float[lanes];
    for (int pair = 0; pair < half; pair++) {
      int lane = pair / 4 % lanes;
      sums[lane] = Math.fma(head[pair], head[pair], sums[lane]);
      sums[lane] = Math.fma(head[half + pair], head[half + pair], sums[lane]);
    }
    float scale = Functions.inverseRoot(Functions.sumOfLanes(sums), head.length, epsilon);
    float[] w = weight.read(0, head.length);
    for (int i = 0; i < head.length; i++) {
      head[i] = head[i] * scale * w[i];
    }
  }

  private static void turn(float[] head, float[] cosinesAndSines) {
    int half = head.length / 2;
    for (int pair = 0; pair < half; pair++) {
      float cosine = cosinesAndSines[pair];
      float sine = cosinesAndSines[half + pair];
      float a = head[pair];
      float b = head[half + pair];
      head[pair] = Math.fma(a, cosine, -(b * sine));
      head[half + pair] = Math.fma(b, cosine, a * sine);
    }
  }
}
