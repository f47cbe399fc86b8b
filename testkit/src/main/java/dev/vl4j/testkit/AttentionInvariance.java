package dev.vl4j.testkit;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Attention is bitwise the same however a sequence is cut, stored and batched. */
abstract class AttentionInvariance extends InvarianceTests {
  AttentionInvariance() {}

  @ParameterizedTest
  @FieldSource("SHAPES")
  final void attentionSequenceAlone(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionSequenceAlone");
    try (Backend backend = open(2)) {
      if (!supports(backend, shape)) {
        return;
      }
      List<Forest.Branch> branches = new ArrayList<>();
      for (int length : new int[] {1, 7, 150, 33, 128, 129, 64, 300, 3}) {
        branches.add(Forest.root(length, branches.size() % 3 != 2));
      }
      Forest batch = Forest.of(branches.toArray(Forest.Branch[]::new));
      float[] packed = seeds.values(batch.rows() * WIDTH);
      AttentionRun.Turning turning = turning(seeds, batch.rows());
      float[] all = attention(backend, shape, packed, batch);
      float[] turned =
          attention(backend, new AttentionRun(shape, batch, List.of(packed), turning, true));
      for (int i = 0; i < branches.size(); i++) {
        int from = batch.first(i);
        int to = from + branches.get(i).length();
        Forest alone = Forest.of(branches.get(i));
        float[] rows = slice(packed, WIDTH, from, to);
        same(
            backend,
            Invariance.BATCH,
            branches.get(i).toString(),
            attention(backend, shape, rows, alone),
            slice(all, 96, from, to));
        int[][] positions =
            Arrays.stream(turning.positions())
                .map(axis -> Arrays.copyOfRange(axis, from, to))
                .toArray(int[][]::new);
        AttentionRun.Turning its =
            new AttentionRun.Turning(
                turning.queryNorm(), turning.keyNorm(), turning.embedding(), positions);
        same(
            backend,
            Invariance.BATCH,
            "turned " + branches.get(i),
            attention(backend, new AttentionRun(shape, alone, List.of(rows), its, true)),
            slice(turned, 96, from, to));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("SHAPES")
  final void attentionBranchEqualsWholeSequence(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionBranch");
    try (Backend backend = open(2)) {
      if (!supports(backend, shape)) {
        return;
      }
      for (int prefix : new int[] {1, 5, 31, 64, 127, 128, 129, 200}) {
        for (int own : new int[] {1, 3, 63, 65, 140}) {
          float[] packed = seeds.values((prefix + own) * WIDTH);
          float[] whole =
              attention(backend, shape, packed, Forest.of(Forest.root(prefix + own, true)));
          Forest branch = Forest.of(Forest.root(prefix, true), Forest.branch(own, 0, true));
          same(
              backend,
              Invariance.BRANCH,
              "prefix %d, own %d".formatted(prefix, own),
              attention(backend, shape, packed, branch),
              whole);
        }
      }
    }
  }

  @ParameterizedTest
  @FieldSource("SHAPES")
  final void attentionOfSomeRowsEqualsThatOfAll(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionOfSomeRows");
    try (Backend backend = open(2)) {
      if (!supports(backend, shape)) {
        return;
      }
      for (int trial = 0; trial < 12; trial++) {
        Forest forest = seeds.forest(1 + trial / 2);
        float[] packed = seeds.values(forest.rows() * WIDTH);
        float[] all = attention(backend, shape, packed, forest);
        Forest fewer = seeds.fewerQueries(forest);
        same(
            backend,
            Invariance.QUERIES,
            fewer.toString(),
            attention(backend, shape, packed, fewer),
            pick(all, fewer.queryRows()));
      }
    }
  }

  private static float[] pick(float[] all, int[] rows) {
    float[] picked = new float[rows.length * 96];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(all, rows[i] * 96, picked, i * 96, 96);
    }
    return picked;
  }

  @ParameterizedTest
  @FieldSource("SHAPES")
  final void storedKeysAndValuesAreThoseOfThisForward(AttentionShape shape) {
    Seeds seeds = new Seeds("storedKeysAndValues");
    try (Backend backend = open(2)) {
      if (!supports(backend, shape)) {
        return;
      }
      for (int trial = 0; trial < 12; trial++) {
        Forest forest = seeds.forest(2 + trial / 2);
        float[] packed = seeds.values(forest.rows() * WIDTH);
        AttentionRun.Turning turning = turning(seeds, forest.rows());
        Forest stored = seeds.stored(forest);
        float[] all =
            attention(backend, new AttentionRun(shape, forest, List.of(packed), turning, true));
        same(
            backend,
            Invariance.STORED,
            stored.toString(),
            attention(backend, new AttentionRun(shape, stored, List.of(packed), turning, true)),
            pick(all, stored.queryRows()));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("SHAPES")
  final void oneOperationEqualsTwo(AttentionShape shape) {
    Seeds seeds = new Seeds("oneOperationEqualsTwo");
    try (Backend backend = open(2)) {
      if (!supports(backend, shape)) {
        return;
      }
      for (int trial = 0; trial < 6; trial++) {
        Forest forest = seeds.forest(1 + trial);
        List<float[]> packed = List.of(seeds.values(forest.rows() * WIDTH));
        AttentionRun.Turning turning = turning(seeds, forest.rows());
        same(
            backend,
            Invariance.TOGETHER,
            forest.toString(),
            attention(backend, new AttentionRun(shape, forest, packed, turning, true)),
            attention(backend, new AttentionRun(shape, forest, packed, turning, false)));
      }
    }
  }
}
