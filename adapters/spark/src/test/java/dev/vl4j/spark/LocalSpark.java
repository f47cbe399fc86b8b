package dev.vl4j.spark;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/** The one session of all tests in this JVM, with two tasks at once, each tried four times. */
final class LocalSpark {
  private LocalSpark() {}

  /** The session, which is started if none runs. */
  static SparkSession session() {
    return SparkSession.builder()
        .master("local[2,4]")
        .appName("tests")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", 2)
        .getOrCreate();
  }

  /** Ends the session if one runs, for there is room for one in a JVM. */
  static void stop() {
    Option<SparkSession> session = SparkSession.getDefaultSession();
    if (session.isDefined()) {
      session.get().stop();
    }
  }

  /**
   * Rows of some strings in some partitions.
   *
   * @param columns names by commas
   */
  static Dataset<Row> strings(String columns, int partitions, List<String[]> rows) {
    StructType schema =
        new StructType(
            Arrays.stream(columns.split(",", -1))
                .map(name -> DataTypes.createStructField(name, DataTypes.StringType, true))
                .toArray(StructField[]::new));
    return rows(
        schema, partitions, rows.stream().map(row -> RowFactory.create((Object[]) row)).toList());
  }

  /** Rows in some partitions, in their order. */
  static Dataset<Row> rows(StructType schema, int partitions, List<Row> rows) {
    SparkSession session = session();
    return session.createDataFrame(
        new JavaSparkContext(session.sparkContext()).parallelize(rows, partitions), schema);
  }
}
