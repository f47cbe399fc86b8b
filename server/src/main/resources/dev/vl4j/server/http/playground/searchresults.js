import {byId, element} from './dom.js';
import {showError} from './errors.js';
import {countText, described, factList, millisText} from './results.js';

/** Shows what both stages of a search found. */
export class SearchResults {
  /**
   * @param {object[]} found content, place and cosine of each item, the nearest first
   * @param {object} ranking of /v1/rerank/explain, of the first of them
   * @param {object} work how many items were embedded, and the milliseconds of the stages
   */
  show(found, ranking, {embedded, vectorMillis, rankMillis, models}) {
    this.clear();
    const ranked = ranking.results.map(({index, score}) => ({...found[index], byVector: index + 1, score}));
    const others = found.slice(ranked.length).map((item, i) => ({...item, byVector: ranked.length + i + 1}));
    byId('search-report').replaceChildren(
      factList([
        ['Vectors', `${models.embed.id}, ${countText(embedded, 'item')} embedded now, ${millisText(vectorMillis)}`],
        ['Ranking', `${models.rank.id}, the nearest ${ranked.length} of ${found.length}, ${millisText(rankMillis)}`],
      ]),
    );
    byId('search-report').hidden = false;
    byId('found').replaceChildren(...[...ranked, ...others].map(row));
  }

  fail(error) {
    this.clear();
    showError(byId('search-error'), error);
  }

  clear() {
    byId('search-error').hidden = true;
    byId('search-stale').hidden = true;
    byId('search-empty').hidden = true;
    byId('search-report').hidden = true;
    byId('found').replaceChildren();
    byId('search-results').classList.remove('old');
  }

  /** The request is not any more what this was found for. */
  outdate() {
    if (byId('found').childElementCount > 0) {
      byId('search-stale').hidden = false;
      byId('search-results').classList.add('old');
    }
  }
}

function row({content, place, cosine, byVector, score}, rank) {
  const isRanked = score !== undefined;
  const bar = element('div', {class: 'bar', 'aria-hidden': 'true'}, element('span'));
  bar.firstChild.style.inlineSize = `${100 * (isRanked ? score : 0)}%`;
  return element(
    'li',
    {'data-place': place, class: isRanked ? (rank === 0 ? 'best' : null) : 'unranked'},
    element('span', {class: 'rank', 'aria-hidden': 'true'}, isRanked ? String(rank + 1) : '–'),
    described(
      content,
      `item ${place + 1} · by vectors ${byVector}, cosine ${cosine.toFixed(4)}${isRanked ? '' : ' · not ranked'}`,
    ),
    element(
      'div',
      {class: 'score'},
      element('span', {class: 'unseen'}, 'Score '),
      element('span', {}, isRanked ? score.toFixed(4) : '–'),
    ),
    bar,
  );
}
