package dev.vl4j.engine.batch;

/** A prompt of a job, on its way. */
final class Pick<T, R> {
  final Job<T, R> job;
  final int prompt;

  /** How often it was tried again, alone, because memory was short. */
  int retries;

  Pick(Job<T, R> job, int prompt) {
    this.job = job;
    this.prompt = prompt;
  }

  Job<T, R> job() {
    return job;
  }

  T item() {
    return job.items.get(prompt);
  }
}
