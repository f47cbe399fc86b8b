import {nameOf} from './content.js';
import {element} from './dom.js';

/** Width of the map by its height, as the style sheet has it. */
const ASPECT = 1.5;

/** Of half the map's width or height: how far from its middle points lie at most. */
const REACH = 0.75;

/** Pixels between labels in a line. */
const SPACE = 3;

const SIDES = ['right', 'left', 'below', 'above'];

/**
 * Shows points where they lie, in the same scale along both axes.
 *
 * @param {Element} map list of HTML, which is seen
 * @param {number[][]} points [inputs][2]
 * @param {object[]} inputs number, text and pictures of each
 */
export function showMap(map, points, inputs) {
  const farthest = Math.max(...points.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y) * ASPECT)));
  const scale = farthest > 0 ? (50 * REACH) / farthest : 0;
  const items = points.map(([x, y], i) => {
    const item = pointOf(inputs[i]);
    item.style.left = `${50 + x * scale}%`;
    item.style.top = `${50 - y * scale * ASPECT}%`;
    return item;
  });
  map.replaceChildren(...items);
  placeLabels(map, items);
  watch(map, items);
}

function pointOf(input) {
  const {number, pictures} = input;
  const words = input.text.trim();
  const name = nameOf(input);
  return element(
    'li',
    {class: pictures.length > 0 ? 'point pictured' : 'point', title: name},
    pictures.length > 0
      ? element('img', {class: 'mark', src: pictures[0].url, alt: words ? '' : name})
      : element('span', {class: 'mark'}),
    element('span', {class: 'label'}, element('b', {}, String(number)), words ? ` ${words}` : ''),
  );
}

/** Whether two boxes lie on or close beside each other. */
function overlap(a, b) {
  return (
    a.left < b.right + SPACE && b.left < a.right + SPACE && a.top < b.bottom && b.top < a.bottom
  );
}

function isWithin(inner, outer) {
  return (
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
  );
}

/** Puts each label beside its point where it covers nothing, if there is such a side. */
function placeLabels(map, items) {
  const frame = map.getBoundingClientRect();
  const taken = items.map(item => item.querySelector('.mark').getBoundingClientRect());
  for (const item of items) {
    const label = item.querySelector('.label');
    const free = sides(item, label).filter(({box}) => isWithin(box, frame));
    const best = free.find(({box}) => !taken.some(other => overlap(box, other))) ?? free[0];
    item.dataset.side = best?.side ?? SIDES[0];
    taken.push(label.getBoundingClientRect());
  }
}

function sides(item, label) {
  return SIDES.map(side => {
    item.dataset.side = side;
    return {side, box: label.getBoundingClientRect()};
  });
}

let watcher = null;

/** Places labels again when the map has another size. */
function watch(map, items) {
  watcher?.disconnect();
  let width = map.clientWidth;
  watcher = new ResizeObserver(() => {
    if (map.clientWidth !== width && map.clientWidth > 0) {
      width = map.clientWidth;
      placeLabels(map, items);
    }
  });
  watcher.observe(map);
}
