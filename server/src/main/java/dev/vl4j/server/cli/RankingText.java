package dev.vl4j.server.cli;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.server.api.Ids;
import dev.vl4j.server.api.Json;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.vectors.Tsv;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A ranking as a command writes it. */
final class RankingText {
  /** How a ranking is written. */
  enum Format {
    JSON,
    TABLE,
    TSV;

    /** As it is written on the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Characters of a picture's name in a table; its end tells more than its beginning. */
  private static final int LONGEST_NAME = 72;

  /** A name that is longer is no path or URL, but the picture itself. */
  private static final int LONGEST_PATH = 4096;

  private static final Pattern BREAKS = Pattern.compile("[\\p{Cntrl}\\x{2028}\\x{2029}]+");

  private final String model;
  private final Precision precision;
  private final Job job;
  private final List<RankedDocument> ranked;
  private final boolean documents;

  /**
   * @param model what the answer calls it
   * @param ranked all documents of the job, best first
   */
  RankingText(String model, Precision precision, Job job, List<RankedDocument> ranked) {
    this.model = model;
    this.precision = precision;
    this.job = job;
    this.ranked = List.copyOf(ranked);
    documents = job.echoes().stream().noneMatch(JsonNode::isMissingNode);
  }

  /** The text, without a line break at its end. */
  String of(Format format) {
    return switch (format) {
      case JSON -> json();
      case TABLE -> table();
      case TSV -> tsv();
    };
  }

  private String json() {
    return new String(
        Json.write(
            RerankAnswer.of(
                "score-" + Ids.random(),
                model,
                ranked,
                job.echoes(),
                job.topN(),
                job.probabilities())),
        StandardCharsets.UTF_8);
  }

  private String table() {
    Table table = new Table(header());
    for (int rank = 0; rank < job.shown(ranked.size()); rank++) {
      RankedDocument result = ranked.get(rank);
      table.add(
          row(
              rank,
              Table.score(result.score()),
              Table.logit(result.logit()),
              result.index(),
              preview(job.echoes().get(result.index()))));
    }
    return table.render("") + "dtype: " + precision;
  }

  /**
   * Tab-separated values, a line for each document: numbers in full, and fields that hold a quote
   * in quotes, as spreadsheets and Python's csv read them.
   */
  private String tsv() {
    List<String> lines = new ArrayList<>();
    lines.add(String.join("\t", header()));
    for (int rank = 0; rank < job.shown(ranked.size()); rank++) {
      RankedDocument result = ranked.get(rank);
      lines.add(
          String.join(
              "\t",
              row(
                  rank,
                  decimal(result.score()),
                  decimal(result.logit()),
                  result.index(),
                  Tsv.field(whole(job.echoes().get(result.index()))))));
    }
    return String.join("\n", lines);
  }

  /** All digits without an exponent, which spreadsheets may round. */
  private static String decimal(double number) {
    return new BigDecimal(Double.toString(number)).toPlainString();
  }

  private String[] header() {
    return cells("rank", "score", "logit", "index", "document");
  }

  private String[] row(int rank, String score, String logit, int index, String document) {
    return cells(Integer.toString(rank + 1), score, logit, Integer.toString(index), document);
  }

  /** The cells of a row, without the document if it is not wanted. */
  private String[] cells(String... all) {
    return Stream.of(all).limit(documents ? all.length : all.length - 1).toArray(String[]::new);
  }

  /** A document on one line, cut to what fits. */
  private static String preview(JsonNode echo) {
    if (echo.isString()) {
      return Table.preview(echo.stringValue());
    }
    List<String> parts = new ArrayList<>();
    for (JsonNode part : echo.values()) {
      parts.add(
          part.has("text")
              ? Table.preview(part.path("text").stringValue(""))
              : "[" + shortened(name(part)) + "]");
    }
    return String.join(" ", parts);
  }

  private static String shortened(String name) {
    String line = BREAKS.matcher(name).replaceAll("?");
    int points = line.codePointCount(0, line.length());
    return points <= LONGEST_NAME
        ? line
        : "..." + line.substring(line.offsetByCodePoints(0, points - LONGEST_NAME + 3));
  }

  /** A document in full: its texts, and the names of its pictures and videos. */
  private static String whole(JsonNode echo) {
    return echo.isString()
        ? echo.stringValue()
        : String.join(
            " ",
            echo.values().stream()
                .map(part -> part.has("text") ? part.path("text").stringValue("") : name(part))
                .toList());
  }

  /** Where a picture or a video is, or that it came along. */
  private static String name(JsonNode part) {
    boolean video = part.has("video_url");
    JsonNode named = part.path(video ? "video_url" : "image_url");
    String url = named.isString() ? named.stringValue() : named.path("url").stringValue("");
    boolean isLong = url.length() > LONGEST_PATH;
    return isLong || url.stripLeading().regionMatches(true, 0, "data:", 0, 5)
        ? video ? "video" : "picture"
        : url;
  }
}
