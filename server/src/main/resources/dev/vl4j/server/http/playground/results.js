import {nameOf} from './content.js';
import {byId, element} from './dom.js';
import {showError} from './errors.js';

const CONTROL = /(<\|[a-z_]+\|>)/;

const STAGES = [
  ['read', 'Read', 'The request, and images that it names by URL'],
  ['preparation', 'Prepare', 'Images decoded and resized, texts tokenized'],
  ['queue', 'Wait', 'Until the first forward pass began'],
  ['forward', 'Compute', 'All forward passes that it had a part in; other requests may have had one, too'],
  ['other', 'Rest', 'Between forward passes and threads, and for rendering the prompts'],
];

/** Four decimals, or two digits of a probability that four would show as zero. */
function scoreText(score) {
  return score >= 0.00005 ? score.toFixed(4) : score.toExponential(1);
}

function logitText(logit) {
  return (logit < 0 ? '−' : '+') + Math.abs(logit).toFixed(3);
}

export function millisText(millis) {
  return millis >= 1000 ? `${(millis / 1000).toFixed(2)} s` : `${millis.toFixed(millis < 9.95 ? 1 : 0)} ms`;
}

export function countText(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** Shows rankings and what went wrong. */
export class Results {
  /**
   * @param {object} answer of /v1/rerank/explain
   * @param {object[]} documents text and pictures of each, as they were sent
   * @param {number[]} places of each in the list on the page, from 0
   */
  show(answer, documents, places) {
    this.clear();
    byId('report').replaceChildren(facts(answer), timings(answer.timings));
    byId('report').hidden = false;
    byId('ranking').replaceChildren(
      ...answer.results.map((result, rank) => row(result, rank, documents[result.index], places[result.index])),
    );
  }

  /** @param {ApiError} error */
  fail(error) {
    this.clear();
    showError(byId('error'), error);
  }

  clear() {
    byId('error').hidden = true;
    byId('stale').hidden = true;
    byId('empty').hidden = true;
    byId('report').hidden = true;
    byId('ranking').replaceChildren();
    byId('results').classList.remove('old');
  }

  /** The request is not any more what this is the ranking of. */
  outdate() {
    if (byId('ranking').childElementCount > 0) {
      byId('stale').hidden = false;
      byId('results').classList.add('old');
    }
  }
}

/** What was sent, as a row of results shows it, with a line below. */
export function described(content, meta) {
  return element(
    'div',
    {class: 'what'},
    content.pictures.length > 0
      ? element(
          'div',
          {class: 'shown'},
          ...content.pictures.map(picture => element('img', {src: picture.url, alt: picture.name})),
        )
      : '',
    element(
      'div',
      {class: 'words'},
      element('p', {class: content.text.trim() ? 'text' : 'text none'}, nameOf(content)),
      element('p', {class: 'meta'}, meta),
    ),
  );
}

function row(result, rank, content, place) {
  const score = element(
    'div',
    {class: 'score'},
    element('span', {class: 'unseen'}, 'Score '),
    element('span', {class: 'as-score'}, scoreText(result.score)),
    element('span', {class: 'as-logit'}, logitText(result.logit)),
  );
  const bar = element('div', {class: 'bar', 'aria-hidden': 'true'}, element('span'));
  bar.firstChild.style.inlineSize = `${100 * result.score}%`;
  return element(
    'li',
    {'data-index': result.index, class: rank === 0 ? 'best' : null},
    element('span', {class: 'rank', 'aria-hidden': 'true'}, String(rank + 1)),
    described(content, `document ${place + 1} · ${countText(result.prompt_tokens, 'token')}`),
    score,
    bar,
    element(
      'details',
      {class: 'prompt'},
      element('summary', {}, 'Prompt', element('span', {class: 'unseen'}, ` of document ${place + 1}`)),
      element('pre', {tabindex: 0, 'aria-label': `Prompt of document ${place + 1}`}, ...promptParts(result.prompt)),
    ),
  );
}

/** Control tokens stand out, and everything is text. */
function promptParts(prompt) {
  return prompt
    .split(CONTROL)
    .filter(part => part !== '')
    .map(part => (CONTROL.test(part) ? element('span', {class: 'control'}, part) : part));
}

function facts({model, precision, usage, work}) {
  const images = work.encoded_images + work.reused_images;
  const facts = [
    ['Model', model],
    ['Precision', precision],
    ['Prompts', `${countText(usage.prompt_tokens, 'token')}, ${work.shared_tokens.toLocaleString('en')} shared`],
  ];
  if (images > 0) {
    facts.push(['Images', `${images.toLocaleString('en')}, ${work.reused_images.toLocaleString('en')} reused`]);
  }
  return factList(facts);
}

/** Names and values beside each other. */
export function factList(facts) {
  return element(
    'dl',
    {class: 'facts'},
    ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

function timings(answer) {
  const millis = {
    read: answer.read_ms,
    preparation: answer.preparation_ms,
    queue: answer.queue_ms,
    forward: answer.forward_ms,
  };
  const known = Object.values(millis).reduce((sum, one) => sum + one, 0);
  millis.other = Math.max(0, answer.total_ms - known);
  const bar = element(
    'div',
    {class: 'timeline', 'aria-hidden': 'true'},
    ...STAGES.map(([name]) => {
      const part = element('span', {class: `stage ${name}`});
      part.style.flexGrow = millis[name];
      return part;
    }),
  );
  const legend = element(
    'dl',
    {class: 'stages'},
    ...STAGES.map(([name, label, title]) =>
      element('div', {title}, element('dt', {class: name}, label), element('dd', {}, millisText(millis[name]))),
    ),
    element(
      'div',
      {class: 'total', title: 'In the server, from the head of the request to its answer'},
      element('dt', {}, 'Total'),
      element('dd', {}, millisText(answer.total_ms)),
    ),
  );
  return element('div', {class: 'timings'}, bar, legend);
}
