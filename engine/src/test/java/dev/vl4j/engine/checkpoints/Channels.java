package dev.vl4j.engine.checkpoints;

import java.util.Random;

/**
 * The channels of one stream of a model, and what is unusual about some of them. Each method turns
 * the weights of an ordinary model, in place, into those of one with outliers.
 */
final class Channels {
  private static final float MASSIVE = 1000;

  /** How much a large value changes from token to token and from layer to layer. */
  private static final float CHANGE = 0.03f;

  /** How little the weights of the two channels of a pair differ. */
  private static final float DIFFERENCE = 0.05f;

  /** What a channel holds throughout; 0 for ordinary channels. */
  private final float[] level;

  /** What a channel holds in the first token of a turn, instead of its level; 0 if nothing else. */
  private final float[] sudden;

  /** A factor of the norms' weights. */
  private final float[] gain;

  /** A factor of the weights that read a channel. */
  private final float[] read;

  /** For the second channel of a pair, the first; for others, their own number. */
  private final int[] first;

  private Channels(int count) {
    level = new float[count];
    sudden = new float[count];
    gain = new float[count];
    read = new float[count];
    first = new int[count];
    for (int i = 0; i < count; i++) {
      gain[i] = 1;
      read[i] = 1;
      first[i] = i;
    }
  }

  /**
   * Plants outliers.
   *
   * @param outliers how many channels; half as many ordinary outliers for pairs
   * @param massive how many of them are a thousand times larger, where the way of planting has such
   */
  static Channels of(int count, Planting planting, int outliers, int massive, Random random) {
    Channels channels = new Channels(count);
    // Rounded weights of a pair err twice and to the same side in every token, so a few of the
    // smaller sort weigh as much here as those of a real model's thousands of channels.
    boolean pairs = planting == Planting.PAIRS;
    int planted = pairs ? massive + (outliers - massive) / 2 : outliers;
    double range = pairs ? 2 : 5;
    int[] chosen = random.ints(0, count).distinct().limit(planted).sorted().toArray();
    for (int i = 0; i < planted; i++) {
      int channel = chosen[i];
      float factor = (float) (20 * Math.pow(range, random.nextDouble()));
      // Pair by pair, so that a row's mean stays near zero.
      float sign = i / 2 % 2 == 0 ? 1 : -1;
      switch (planting) {
        case NONE -> {}
        case NORMS -> {
          channels.gain[channel] = factor;
          channels.read[channel] = 1 / factor;
        }
        case CONSTANTS -> {
          float large = i < massive ? MASSIVE : factor;
          channels.level[channel] = sign * large;
          channels.read[channel] = 1 / large;
        }
        case PAIRS -> {
          if (i < massive) {
            channels.sudden[channel] = sign * MASSIVE;
            channels.read[channel] = 1 / MASSIVE;
            continue;
          }
          boolean second = i % 2 == 1;
          channels.first[channel] = second ? chosen[i - 1] : channel;
          channels.level[channel] = second ? channels.level[chosen[i - 1]] : sign * factor;
        }
      }
    }
    return channels;
  }

  int count() {
    return level.length;
  }

  /** A table's rows, or a bias, in the stream. */
  void held(float[] rows) {
    byColumn(rows, (channel, value) -> level[channel] + change(channel) * value);
  }

  /** The row of the first token of a turn. */
  void heldFirst(float[] rows, int row) {
    for (int channel = 0; channel < count(); channel++) {
      if (sudden[channel] != 0) {
        rows[row * count() + channel] = sudden[channel];
      }
    }
  }

  /** Weights that write to the stream. */
  void written(float[] weights) {
    byRow(weights, (channel, value) -> change(channel) * value);
  }

  /**
   * Weights of a norm. Beside large channels, it is these weights that keep ordinary ones at 1.
   *
   * @param ordinary the size that ordinary channels have reached
   */
  void normed(float[] weights, double ordinary) {
    float size = rowSize(ordinary);
    byColumn(weights, (channel, value) -> size * gain[channel] * value);
  }

  /** The bias of a norm. */
  void shifted(float[] bias) {
    byColumn(bias, (channel, value) -> gain[channel] * value);
  }

  /** Weights of the last norm, behind which no channel is large. */
  void calmed(float[] weights, double ordinary) {
    float size = rowSize(ordinary);
    byColumn(weights, (channel, value) -> size / Math.max(1, Math.abs(level[channel])) * value);
  }

  /** Weights, or a bias, of what makes a channel large where no norm does. */
  void enlarged(float[] weights) {
    byRow(
        weights, (channel, value) -> gain[channel] * Math.max(1, Math.abs(level[channel])) * value);
  }

  /** Weights of the gate beside such weights: the channels of a pair have one gate. */
  void gated(float[] weights) {
    byRow(weights, (channel, value) -> value);
  }

  /** Weights that read the stream. */
  void readBy(float[] weights, Random random) {
    byColumn(weights, (channel, value) -> read[channel] * value);
    for (int i = 0; i < weights.length; i++) {
      int channel = i % count();
      if (first[channel] != channel) {
        weights[i] *= (float) (-1 - DIFFERENCE * random.nextGaussian());
      }
    }
  }

  private float change(int channel) {
    return level[channel] == 0 ? 1 : CHANGE * Math.abs(level[channel]);
  }

  /** How much larger a row is than its ordinary channels; 1 without outliers. */
  private float rowSize(double ordinary) {
    double squares = 0;
    for (float value : level) {
      squares += (double) value * value;
    }
    return (float) Math.sqrt(1 + squares / (level.length * ordinary * ordinary));
  }

  private interface Planted {
    float value(int channel, float ordinary);
  }

  private void byColumn(float[] values, Planted planted) {
    for (int i = 0; i < values.length; i++) {
      int channel = i % count();
      values[i] =
          first[channel] == channel
              ? planted.value(channel, values[i])
              : values[i - channel + first[channel]];
    }
  }

  private void byRow(float[] values, Planted planted) {
    int width = values.length / count();
    for (int i = 0; i < values.length; i++) {
      int channel = i / width;
      values[i] =
          first[channel] == channel
              ? planted.value(channel, values[i])
              : values[i + (first[channel] - channel) * width];
    }
  }
}
