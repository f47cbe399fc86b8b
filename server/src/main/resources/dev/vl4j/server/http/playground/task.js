import {byId} from './dom.js';

/** One request at a time: begins it, shows that it is under way, and cancels it. */
export class Task {
  #names;
  #running = null;

  /**
   * @param {object} names ids of the button that submits (submit), of that which cancels (cancel), of
   *     where seconds (elapsed) and words (status) are shown, and what is said meanwhile (doing)
   */
  constructor(names) {
    this.#names = names;
    byId(names.cancel).addEventListener('click', () => this.cancel());
  }

  /**
   * Runs something, unless something runs.
   *
   * @param {function(AbortSignal): Promise<string>} work answers with what is said then
   * @param {function(Error)} failed is called with what it throws, but not if it is cancelled
   */
  async run(work, failed) {
    if (this.#running !== null) {
      return;
    }
    this.#running = new AbortController();
    const stop = this.#busy();
    try {
      this.say(await work(this.#running.signal));
    } catch (failure) {
      if (failure.name === 'AbortError') {
        this.say('Cancelled.');
      } else {
        this.say('');
        failed(failure);
      }
    } finally {
      this.#running = null;
      stop();
    }
  }

  cancel() {
    this.#running?.abort();
  }

  say(words) {
    byId(this.#names.status).textContent = words;
  }

  /** @returns {function()} ends it */
  #busy() {
    const start = performance.now();
    const elapsed = byId(this.#names.elapsed);
    const submit = byId(this.#names.submit);
    const cancel = byId(this.#names.cancel);
    const timer = setInterval(() => {
      elapsed.textContent = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    }, 100);
    submit.form.classList.add('busy');
    submit.setAttribute('aria-disabled', 'true');
    cancel.hidden = false;
    this.say(this.#names.doing);
    return () => {
      clearInterval(timer);
      elapsed.textContent = '';
      submit.form.classList.remove('busy');
      submit.removeAttribute('aria-disabled');
      if (document.activeElement === cancel) {
        submit.focus();
      }
      cancel.hidden = true;
    };
  }
}
