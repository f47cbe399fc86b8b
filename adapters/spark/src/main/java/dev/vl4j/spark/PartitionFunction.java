package dev.vl4j.spark;

import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What runs on the executors, once for each partition.
 *
 * @param maxFileBytes of an image or a video that is read by its URI
 * @param keepFailures whether failed rows are kept, with the reason in a last column
 */
record PartitionFunction<I>(
    RowRequests<I> requests,
    RowWindow.Limits limits,
    int maxFileBytes,
    SerializableConfiguration hadoop,
    TransformMetrics metrics,
    boolean keepFailures)
    implements MapPartitionsFunction<Row, Row> {
  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    // A model is not opened for nothing: many partitions of small tables are empty.
    if (!rows.hasNext()) {
      return Collections.emptyIterator();
    }
    TaskContext task = TaskContext.get();
    RowWindow<I> window =
        new RowWindow<>(
            rows,
            requests,
            requests.engine(task),
            new MediaFiles(hadoop.value(), maxFileBytes, metrics::read),
            limits,
            metrics,
            keepFailures,
            new EngineWait(task::isInterrupted));
    TaskContext _ = task.addTaskCompletionListener((TaskCompletionListener) _ -> window.close());
    return window;
  }
}
