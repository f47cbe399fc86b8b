package dev.vl4j.testkit;

import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A forest of segments as it is for every backend: which are stored, and where their keys and
 * values lie.
 */
public record Forest(List<Branch> branches) {
  /** Copies the branches. */
  public Forest {
    branches = List.copyOf(branches);
  }

  /**
   * A segment.
   *
   * @param length number of rows
   * @param parent index of its parent in the forest, or {@link Segment#ROOT}
   * @param causal as in {@link Segment}
   * @param queries how many of its last rows attend; 0 if it is stored
   * @param stored whether an earlier forward has computed its keys and values
   * @param place number of the keys and values that it is a part of
   * @param start its first row there
   */
  public record Branch(
      int length, int parent, boolean causal, int queries, boolean stored, int place, int start) {
    /** The same, of which only this many of the last rows attend. */
    public Branch withQueries(int queries) {
      return new Branch(length, parent, causal, queries, stored, place, start);
    }

    /** The same elsewhere, with as many queries as it may have. */
    public Branch at(int place, int start, boolean stored) {
      return new Branch(length, parent, causal, stored ? 0 : queries, stored, place, start);
    }
  }

  /** A forest whose rows are all computed, in one place, one segment behind another. */
  public static Forest of(Branch... branches) {
    List<Branch> placed = new ArrayList<>();
    int start = 0;
    for (Branch branch : branches) {
      placed.add(branch.at(0, start, false));
      start += branch.length();
    }
    return new Forest(placed);
  }

  /** A segment whose rows all attend, for {@link #of}. */
  public static Branch branch(int length, int parent, boolean causal) {
    return new Branch(length, parent, causal, length, false, 0, 0);
  }

  /** A segment without a parent whose rows all attend, for {@link #of}. */
  public static Branch root(int length, boolean causal) {
    return branch(length, Segment.ROOT, causal);
  }

  /** Rows of all segments. */
  public int rows() {
    return branches.stream().mapToInt(Branch::length).sum();
  }

  /** How many rows attend. */
  public int queries() {
    return branches.stream().mapToInt(Branch::queries).sum();
  }

  /** Whether all rows that are computed attend. */
  public boolean allAttend() {
    return branches.stream().allMatch(b -> b.stored() || b.queries() == b.length());
  }

  /** The rows of segments that are stored or are not, counted through all segments. */
  public int[] rows(boolean stored) {
    return IntStream.range(0, branches.size())
        .filter(i -> branches.get(i).stored() == stored)
        .flatMap(i -> IntStream.range(first(i), first(i) + branches.get(i).length()))
        .toArray();
  }

  /** The rows that attend, counted through all segments. */
  public int[] queryRows() {
    return IntStream.range(0, branches.size())
        .flatMap(i -> {
          int end = first(i) + branches.get(i).length();
          return IntStream.range(end - branches.get(i).queries(), end);
        })
        .toArray();
  }

  /** A segment's first row, counted through all segments. */
  public int first(int index) {
    return branches.subList(0, index).stream().mapToInt(Branch::length).sum();
  }

  /** How many rows each place must have. */
  public Map<Integer, Integer> places() {
    Map<Integer, Integer> rows = new TreeMap<>();
    for (Branch branch : branches) {
      rows.merge(branch.place(), branch.start() + branch.length(), Math::max);
    }
    return rows;
  }

  /** Whether a place has what an earlier forward has computed. */
  public boolean isStored(int place) {
    return branches.stream().anyMatch(b -> b.place() == place && b.stored());
  }

  /** The forest for a backend, with the keys and values of each place. */
  public List<Segment> segments(Map<Integer, KeyValues> places) {
    return branches.stream()
        .map(b -> segment(b, places, b.parent(), b.queries(), b.stored()))
        .toList();
  }

  /** What an earlier forward computes: the stored segments, each alone. */
  public List<Segment> earlier(Map<Integer, KeyValues> places) {
    return branches.stream()
        .filter(Branch::stored)
        .map(b -> segment(b, places, Segment.ROOT, 0, false))
        .toList();
  }

  private static Segment segment(
      Branch branch, Map<Integer, KeyValues> places, int parent, int queries, boolean stored) {
    return new Segment(
        Objects.requireNonNull(places.get(branch.place())),
        branch.start(),
        branch.length(),
        parent,
        branch.causal(),
        queries,
        stored);
  }
}
