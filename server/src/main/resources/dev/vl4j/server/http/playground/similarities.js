import {nameOf} from './content.js';
import {byId, element} from './dom.js';
import {showError} from './errors.js';
import {showMap} from './map.js';
import {countText, factList} from './results.js';
import {cosines, principalPlane} from './similarity.js';

/** Shows how alike the vectors of inputs are, and what went wrong. */
export class Similarities {
  /**
   * @param {object} answer of /v2/embed
   * @param {?object} model that has answered
   * @param {object[]} inputs text and pictures of each, as they were sent
   * @param {number[]} places of each in the list on the page, from 0
   */
  show(answer, model, inputs, places) {
    this.clear();
    const vectors = answer.embeddings.float;
    const shown = inputs.map((input, i) => ({...input, number: places[i] + 1}));
    byId('embed-facts').replaceChildren(
      factList([
        ...(model === null ? [] : [['Model', model.id]]),
        ['Vectors', `${vectors.length.toLocaleString('en')} × ${countText(vectors[0].length, 'dimension')}`],
        ['Prompts', countText(answer.meta.billed_units.input_tokens, 'token')],
      ]),
    );
    showMatrix(cosines(vectors), shown);
    byId('similarities').hidden = false;
    // Only what is shown can be measured, and labels are placed by their sizes.
    const plane = principalPlane(vectors);
    showMap(byId('map'), plane.points, shown);
    byId('map-share').textContent =
      `The plane of the first two principal components has ${Math.round(100 * plane.share)} % of the variance.`;
  }

  /** @param {ApiError} error */
  fail(error) {
    this.clear();
    showError(byId('embed-error'), error);
  }

  clear() {
    ['embed-error', 'embed-stale', 'embed-empty', 'similarities'].forEach(id => {
      byId(id).hidden = true;
    });
    byId('embed-results').classList.remove('old');
  }

  /** The request is not any more what this is the answer to. */
  outdate() {
    if (!byId('similarities').hidden) {
      byId('embed-stale').hidden = false;
      byId('embed-results').classList.add('old');
    }
  }
}

/** Two decimals, with a minus sign that is as wide as a plus. */
function cosineText(cosine) {
  return cosine.toFixed(2).replace('-', '−').replace('−0.00', '0.00');
}

function thumbnail({pictures}) {
  return pictures.length === 0 ? '' : element('img', {src: pictures[0].url, alt: ''});
}

function showMatrix(similarities, inputs) {
  const others = similarities.flatMap((row, i) => row.filter((_, j) => j !== i));
  const low = Math.min(...others);
  const high = Math.max(...others);
  const heat = cosine => (high > low ? (cosine - low) / (high - low) : 1);
  const rows = similarities.map((row, i) => {
    const best = Math.max(...row.filter((_, j) => j !== i));
    return element(
      'tr',
      {},
      element(
        'th',
        {scope: 'row', title: nameOf(inputs[i])},
        element(
          'span',
          {class: 'name'},
          element('b', {}, String(inputs[i].number)),
          thumbnail(inputs[i]),
          element('span', {}, nameOf(inputs[i])),
        ),
      ),
      ...row.map((cosine, j) => cell(cosine, i === j, cosine === best, heat(cosine))),
    );
  });
  byId('matrix').replaceChildren(
    element('caption', {class: 'unseen'}, 'Cosine similarity of each input with each other one'),
    element(
      'thead',
      {},
      element('tr', {}, element('td'), ...inputs.map(input => columnHead(input))),
    ),
    element('tbody', {}, ...rows),
  );
  byId('heat').hidden = inputs.length < 2;
  if (inputs.length > 1) {
    byId('heat-low').textContent = cosineText(low);
    byId('heat-high').textContent = cosineText(high);
  }
}

function columnHead(input) {
  return element(
    'th',
    {scope: 'col', title: nameOf(input)},
    element('b', {}, String(input.number)),
    thumbnail(input),
    element('span', {class: 'unseen'}, ` ${nameOf(input)}`),
  );
}

function cell(cosine, itself, nearest, heat) {
  const shown = element(
    'td',
    {class: itself ? 'itself' : nearest ? 'nearest' : null, title: cosine.toFixed(4)},
    cosineText(cosine),
    !itself && nearest ? element('span', {class: 'unseen'}, ', the nearest') : '',
  );
  if (!itself) {
    shown.style.setProperty('--heat', `${100 * heat}%`);
  }
  return shown;
}
