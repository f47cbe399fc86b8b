import {curlCommand, embed} from './api.js';
import {copy} from './clipboard.js';
import {isBlank, parts, written} from './content.js';
import {byId, element} from './dom.js';
import {ContentList} from './editor.js';
import {refused, unread} from './errors.js';
import {EXAMPLES} from './examples.js';
import {countText} from './results.js';
import {key} from './session.js';
import {Similarities} from './similarities.js';
import {Task} from './task.js';

/** Inputs, and how alike their vectors are. */
export class EmbedPage {
  /** The model's id and max_model_len; null as long as they are not known. */
  model = null;

  #results = new Similarities();
  #inputs = new ContentList(
    byId('inputs'), 'Input', () => this.#changed(), failure => this.unreadable(failure));
  #task = new Task({
    submit: 'embed',
    cancel: 'embed-cancel',
    elapsed: 'embed-elapsed',
    status: 'embed-status',
    doing: 'Embedding …',
  });

  constructor() {
    byId('embed-examples').append(
      ...EXAMPLES.map(example =>
        element('button', {type: 'button', click: () => this.#load(example.load())}, example.name)),
    );
    this.#inputs.contents = [{}, {}];
    ['embed-instruction', 'dimensions'].forEach(name =>
      byId(name).addEventListener('input', () => this.#changed()));
    byId('embed-curl').addEventListener('click', () => this.#copyCurl());
    byId('embed-add-text').addEventListener('click', () => this.#inputs.add().focus());
    byId('embed-clear').addEventListener('click', () => this.#load({documents: [{}]}));
  }

  async submit() {
    const {body, sent, places} = this.#written();
    this.#blameNothing();
    await this.#task.run(
      async signal => {
        const answer = await embed(body, key(), signal);
        this.#results.show(answer, this.model, sent, places);
        if (matchMedia('(max-width: 60rem)').matches) {
          byId('embed-results').scrollIntoView();
        }
        return `Embedded ${countText(sent.length, 'input')}.`;
      },
      failure => this.#fail(failure, places),
    );
  }

  cancel() {
    this.#task.cancel();
  }

  /** Each becomes an input. */
  addPictures(files) {
    this.#inputs.addPictures(files);
  }

  unreadable(failure) {
    this.#results.fail(unread(failure));
  }

  /** The API's body, and what was sent from where. Blank cards are left out. */
  #written() {
    const {sent, places} = written(this.#inputs.contents);
    const body = {inputs: sent.map(content => ({content: parts(content)})), embedding_types: ['float']};
    if (this.model !== null) {
      body.model = this.model.id;
    }
    const instruction = byId('embed-instruction').value.trim();
    if (instruction !== '') {
      body.instruction = instruction;
    }
    if (byId('dimensions').value !== '') {
      body.output_dimension = Number(byId('dimensions').value);
    }
    return {body, sent, places};
  }

  #changed() {
    const count = this.#inputs.contents.filter(content => !isBlank(content)).length;
    byId('input-count').textContent = count === 0 ? '' : String(count);
    this.#blameNothing();
    this.#results.outdate();
  }

  /** What an example ranks is embedded here. */
  #load({query, documents}) {
    this.#inputs.contents = query === undefined ? documents : [query, ...documents];
    byId('embed-instruction').value = '';
    byId('dimensions').value = '';
    this.#changed();
  }

  #fail(failure, places) {
    this.#results.fail(refused(failure, places));
    const {message, param} = failure;
    const at = /^(?:body\.)?inputs?[. ](\d+)/.exec(param ?? message);
    if (at) {
      this.#inputs.blame(places[Number(at[1])]);
    }
    byId('dimensions').setAttribute('aria-invalid', String(param === 'body.output_dimension'));
  }

  #blameNothing() {
    this.#inputs.blame(-1);
    byId('dimensions').removeAttribute('aria-invalid');
  }

  async #copyCurl() {
    await copy(curlCommand('v2/embed', this.#written().body, key() !== ''));
    this.#task.say('Copied.');
  }
}
