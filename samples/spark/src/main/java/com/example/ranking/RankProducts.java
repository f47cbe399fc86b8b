package com.example.ranking;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import dev.vl4j.spark.RerankTransformer;
import java.io.IOException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;

/** Keeps the three best products for each query of a table of pairs. */
public final class RankProducts {
  private static final int BEST = 3;

  private RankProducts() {}

  /**
   * Reads pairs, judges them and writes the best.
   *
   * @param arguments the model; a CSV file with the columns query, product and text; the directory
   *     for the result
   * @throws IOException if the session cannot be closed
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException("expected MODEL PAIRS.csv RESULT");
    }
    try (SparkSession spark = SparkSession.builder().appName("rank products").getOrCreate()) {
      Dataset<Row> pairs = spark.read().option("header", true).csv(arguments[1]);
      RerankTransformer reranker =
          new RerankTransformer()
              .setModel(arguments[0])
              .setQueryCol("query")
              .setDocumentCol("text")
              .setInstruction("Find products that the query asks for.")
              .setErrorCol("error");
      // Pairs of one query lie beside each other, so that the model reads each query once.
      Dataset<Row> judged =
          reranker.transform(pairs.repartition(col("query")).sortWithinPartitions("query"));
      judged
          .withColumn(
              "rank",
              row_number()
                  .over(
                      Window.partitionBy("query")
                          .orderBy(col("score").desc_nulls_last(), col("product"))))
          .where(col("rank").leq(BEST).or(col("error").isNotNull()))
          .write()
          .mode(SaveMode.Overwrite)
          .json(arguments[2]);
      System.out.println(reranker.metrics());
    }
  }
}
