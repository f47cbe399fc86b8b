package dev.vl4j.engine.model.tower;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.vision.PromptImage;

/** Where tokens and patches stand: the integers behind the rotary embeddings. */
public final class Positions {
  private Positions() {}

  /** {@link #ofPrompt(int, int[], int[][])} of a tokenized prompt. */
  public static int[][] ofPrompt(PreparedPrompt prompt) {
    int[][] grids = prompt.images().stream().map(PromptImage::tokenGrid).toArray(int[][]::new);
    return ofPrompt(prompt.length(), prompt.imageStarts(), grids);
  }

  /**
   * Time, height and width of every token of one prompt (M-RoPE). Text moves all three on by one;
   * an image of {@code h x w} tokens at {@code b} stands at {@code (b, b + row, b + column)}, and
   * the text after it goes on at {@code b + max(h, w)}.
   *
   * @param tokens length of the prompt
   * @param starts position of each image's first token, ascending
   * @param grids tokens of each image, {@code {height, width}}
   * @return [3][tokens]
   */
  static int[][] ofPrompt(int tokens, int[] starts, int[][] grids) {
    int[][] positions = new int[3][tokens];
    int next = 0;
    int image = 0;
    for (int token = 0; token < tokens; ) {
      if (image < starts.length && token == starts[image]) {
        int height = grids[image][0];
        int width = grids[image][1];
        for (int row = 0; row < height; row++) {
          for (int column = 0; column < width; column++, token++) {
            positions[0][token] = next;
            positions[1][token] = next + row;
            positions[2][token] = next + column;
          }
        }
        next += Math.max(height, width);
        image++;
      } else {
        for (int[] axis : positions) {
          axis[token] = next;
        }
        next++;
        token++;
      }
    }
    return positions;
  }

  /**
   * Row and column of every patch of an image in the order of merge blocks.
   *
   * @return [2][gridHeight * gridWidth]
   */
  static int[][] ofPatches(int gridHeight, int gridWidth, int mergeSize) {
    int[][] positions = new int[2][gridHeight * gridWidth];
    int patch = 0;
    for (int blockRow = 0; blockRow < gridHeight; blockRow += mergeSize) {
      for (int blockColumn = 0; blockColumn < gridWidth; blockColumn += mergeSize) {
        for (int row = blockRow; row < blockRow + mergeSize; row++) {
          for (int column = blockColumn; column < blockColumn + mergeSize; column++) {
            positions[0][patch] = row;
            positions[1][patch++] = column;
          }
        }
      }
    }
    return positions;
  }
}
