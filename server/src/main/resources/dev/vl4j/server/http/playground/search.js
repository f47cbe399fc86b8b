import {embed, explain} from './api.js';
import {asContent, isBlank, parts, written} from './content.js';
import {byId, element} from './dom.js';
import {ContentEditor, ContentList} from './editor.js';
import {refused, unread} from './errors.js';
import {EXAMPLES} from './examples.js';
import {countText} from './results.js';
import {SearchResults} from './searchresults.js';
import {key} from './session.js';
import {Task} from './task.js';

const INSTRUCTION = "Retrieve images or text relevant to the user's query.";
const CANDIDATES = 10;
const EMBEDDED_AT_ONCE = 32;

/** A collection that is found by vectors first, and whose best are ranked by the reranker then. */
export class SearchPage {
  /** The embedder and the reranker, each with id and max_model_len; null as long as one is not there. */
  models = null;

  #results = new SearchResults();
  /** Vectors of what was embedded before, by what it is. */
  #vectors = new Map();
  #query = new ContentEditor(
    'Question', 'What are you looking for?', () => this.#changed(), failure => this.unreadable(failure));
  #collection = new ContentList(
    byId('collection'), 'Item', () => this.#changed(), failure => this.unreadable(failure));
  #task = new Task({
    submit: 'search',
    cancel: 'search-cancel',
    elapsed: 'search-elapsed',
    status: 'search-status',
    doing: 'Searching …',
  });

  constructor() {
    byId('search-query').append(this.#query.element);
    byId('search-examples').append(
      ...EXAMPLES.map(example =>
        element('button', {type: 'button', click: () => this.#load(example.load())}, example.name)),
    );
    byId('search-instruction').placeholder = INSTRUCTION;
    byId('candidates').placeholder = String(CANDIDATES);
    this.#collection.contents = [{}, {}];
    ['search-instruction', 'candidates'].forEach(name =>
      byId(name).addEventListener('input', () => this.#changed()));
    byId('search-add-text').addEventListener('click', () => this.#collection.add().focus());
    byId('search-clear').addEventListener('click', () => this.#load({query: {}, documents: [{}]}));
  }

  /** What the top of the page says: the two stages. */
  get model() {
    return this.models === null
      ? null
      : {
          id: `${this.models.embed.id}, then ${this.models.rank.id}`,
          max_model_len: Math.min(this.models.embed.max_model_len, this.models.rank.max_model_len),
        };
  }

  async submit() {
    const {sent, places} = written(this.#collection.contents);
    const query = this.#query.content;
    this.#collection.blame(-1);
    /** Of what the server is asked about, as it counts. */
    let asked = places;
    await this.#task.run(
      async signal => {
        if (isBlank(query) || sent.length === 0) {
          throw unread(new Error('Write a question and put something into the collection.'));
        }
        const begin = performance.now();
        const fresh = sent.map((_, i) => i).filter(i => !this.#vectors.has(identity(sent[i])));
        for (let from = 0; from < fresh.length; from += EMBEDDED_AT_ONCE) {
          const some = fresh.slice(from, from + EMBEDDED_AT_ONCE);
          asked = some.map(i => places[i]);
          const vectors = await this.#embedded(some.map(i => sent[i]), null, signal);
          some.forEach((i, at) => this.#vectors.set(identity(sent[i]), vectors[at]));
        }
        asked = [];
        const instruction = byId('search-instruction').value.trim() || INSTRUCTION;
        const [wanted] = await this.#embedded([query], instruction, signal);
        const found = sent
          .map((content, i) => ({
            content,
            place: places[i],
            cosine: product(wanted, this.#vectors.get(identity(content))),
          }))
          .sort((a, b) => b.cosine - a.cosine);
        const middle = performance.now();
        const most = Number(byId('candidates').value || CANDIDATES);
        const candidates = found.slice(0, most);
        asked = candidates.map(({place}) => place);
        const ranking = await explain(
          {
            model: this.models.rank.id,
            query: asContent(query),
            documents: candidates.map(({content}) => asContent(content)),
          },
          key(),
          signal,
        );
        const end = performance.now();
        this.#results.show(found, ranking, {
          embedded: fresh.length,
          vectorMillis: middle - begin,
          rankMillis: end - middle,
          models: this.models,
        });
        if (matchMedia('(max-width: 60rem)').matches) {
          byId('search-results').scrollIntoView();
        }
        return `Searched ${countText(sent.length, 'item')}.`;
      },
      failure => this.#fail(failure, asked),
    );
  }

  cancel() {
    this.#task.cancel();
  }

  /** Each becomes an item of the collection. */
  addPictures(files) {
    this.#collection.addPictures(files);
  }

  unreadable(failure) {
    this.#results.fail(unread(failure));
  }

  async #embedded(contents, instruction, signal) {
    const body = {
      model: this.models.embed.id,
      inputs: contents.map(content => ({content: parts(content)})),
      embedding_types: ['float'],
    };
    if (instruction !== null) {
      body.instruction = instruction;
    }
    return (await embed(body, key(), signal)).embeddings.float;
  }

  #changed() {
    const count = this.#collection.contents.filter(content => !isBlank(content)).length;
    byId('collection-count').textContent = count === 0 ? '' : String(count);
    this.#collection.blame(-1);
    this.#results.outdate();
  }

  #load({query, documents}) {
    this.#query.content = query;
    this.#collection.contents = documents;
    byId('search-instruction').value = '';
    byId('candidates').value = '';
    this.#changed();
  }

  #fail(failure, places) {
    this.#results.fail(refused(failure, places));
    const at = /^(?:body\.)?(?:inputs?|documents?)[. ](\d+)/.exec(failure.param ?? failure.message);
    if (at) {
      this.#collection.blame(places[Number(at[1])] ?? -1);
    }
  }
}

function identity(content) {
  return JSON.stringify(parts(content));
}

/** Vectors are of length 1, so this is their cosine. */
function product(some, other) {
  return some.reduce((sum, value, i) => sum + value * other[i], 0);
}
