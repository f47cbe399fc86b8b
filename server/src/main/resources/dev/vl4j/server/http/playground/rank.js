import {curlCommand, explain} from './api.js';
import {copy} from './clipboard.js';
import {asContent, isBlank, written} from './content.js';
import {byId, element} from './dom.js';
import {ContentEditor, ContentList} from './editor.js';
import {refused, unread} from './errors.js';
import {EXAMPLES} from './examples.js';
import {Results, countText} from './results.js';
import {key} from './session.js';
import {Task} from './task.js';

const NUMBERS = ['top_n', 'max_tokens_per_doc', 'max_tokens_per_query'];

/** A query, documents, and their ranking. */
export class RankPage {
  /** The model's id and max_model_len; null as long as they are not known. */
  model = null;

  #results = new Results();
  #query = new ContentEditor(
    'Query', 'What are you looking for?', () => this.#changed(), failure => this.unreadable(failure));
  #documents = new ContentList(
    byId('documents'), 'Document', () => this.#changed(), failure => this.unreadable(failure));
  #task = new Task({
    submit: 'rank',
    cancel: 'cancel',
    elapsed: 'elapsed',
    status: 'status',
    doing: 'Ranking …',
  });

  constructor() {
    byId('query').append(this.#query.element);
    byId('examples').append(
      ...EXAMPLES.map(example =>
        element('button', {type: 'button', click: () => this.#load(example.load())}, example.name)),
    );
    this.#documents.contents = [{}, {}];
    ['instruction', ...NUMBERS].forEach(name => byId(name).addEventListener('input', () => this.#changed()));
    byId('curl').addEventListener('click', () => this.#copyCurl());
    byId('add-text').addEventListener('click', () => this.#documents.add().focus());
    byId('clear').addEventListener('click', () => this.#load({query: {}, documents: [{}]}));
    byId('scale').addEventListener('change', () => this.#showScale());
    this.#showScale();
  }

  async submit() {
    const {body, sent, places} = this.#written();
    this.#blameNothing();
    await this.#task.run(
      async signal => {
        const answer = await explain(body, key(), signal);
        this.#results.show(answer, sent, places);
        if (matchMedia('(max-width: 60rem)').matches) {
          byId('results').scrollIntoView();
        }
        return `Ranked ${countText(sent.length, 'document')}.`;
      },
      failure => this.#fail(failure, places),
    );
  }

  cancel() {
    this.#task.cancel();
  }

  /** Each becomes a document. */
  addPictures(files) {
    this.#documents.addPictures(files);
  }

  unreadable(failure) {
    this.#results.fail(unread(failure));
  }

  /** The API's body, and what was sent from where. Blank cards are left out. */
  #written() {
    const {sent, places} = written(this.#documents.contents);
    const body = {query: asContent(this.#query.content), documents: sent.map(asContent)};
    if (this.model !== null) {
      body.model = this.model.id;
    }
    const instruction = byId('instruction').value.trim();
    if (instruction !== '') {
      body.instruction = instruction;
    }
    for (const name of NUMBERS) {
      const value = byId(name).value;
      if (value !== '') {
        body[name] = Number(value);
      }
    }
    if (this.#scale() === 'logit') {
      body.use_activation = false;
    }
    return {body, sent, places};
  }

  #changed() {
    const count = this.#documents.contents.filter(content => !isBlank(content)).length;
    byId('count').textContent = count === 0 ? '' : String(count);
    this.#blameNothing();
    this.#results.outdate();
  }

  #load({query, documents}) {
    this.#query.content = query;
    this.#documents.contents = documents;
    byId('instruction').value = '';
    NUMBERS.forEach(name => {
      byId(name).value = '';
    });
    this.#changed();
  }

  #fail(failure, places) {
    this.#results.fail(refused(failure, places));
    this.#blame(failure, places);
  }

  /** Marks what the server has found fault with, as far as it says. */
  #blame({param, message}, places) {
    const at = /^(?:body\.)?documents?[. ](\d+)/.exec(param ?? message);
    if (at) {
      this.#documents.blame(places[Number(at[1])]);
    }
    this.#query.faulty = /^(?:body\.)?query\b/.test(param ?? message);
    for (const name of NUMBERS) {
      byId(name).setAttribute('aria-invalid', String(param === `body.${name}`));
    }
  }

  #blameNothing() {
    this.#documents.blame(-1);
    this.#query.faulty = false;
    NUMBERS.forEach(name => byId(name).removeAttribute('aria-invalid'));
  }

  async #copyCurl() {
    await copy(curlCommand('v1/rerank', this.#written().body, key() !== ''));
    this.#task.say('Copied.');
  }

  #scale() {
    return document.querySelector('input[name=scale]:checked').value;
  }

  #showScale() {
    byId('results').dataset.scale = this.#scale();
  }
}
