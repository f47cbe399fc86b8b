package dev.vl4j.engine.batch;

/** A prompt of a job, on its way. */
final class Pick<T, R> {
  final Job<T, R> job;
  final int prompt;

  /** Stands for the prompt; another one after the prompt was taken in anew. */
  T item;

  /** How often it alone was tried again because memory was short. */
  int retries;

  /**
   * @param prompt its number in the job
   */
  Pick(Job<T, R> job, int prompt) {
    this.job = job;
    this.prompt = prompt;
    item = job.items.get(prompt);
  }

  Job<T, R> job() {
    return job;
  }
}
