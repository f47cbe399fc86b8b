import {element} from './dom.js';

/** Copies a text. */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    copyTheOldWay(words);
  }
}

/** Browsers have a clipboard only for localhost and https. */
function copyTheOldWay(words) {
  const focused = document.activeElement;
  const area = element('textarea', {class: 'unseen', 'aria-hidden': 'true'});
  area.value = words;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  focused?.focus();
}
