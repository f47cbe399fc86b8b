import {byId} from './dom.js';

const KEY = 'vl4j.key';

/** The API key, or an empty string. */
export function key() {
  return byId('key').value.trim();
}

export function askForKey() {
  byId('key-panel').open = true;
  byId('key').focus();
}

export function closeKeyPanel() {
  const panel = byId('key-panel');
  if (panel.open) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
}

/**
 * Keeps the key until the tab is closed.
 *
 * @param {function()} changed is called when there is another one
 */
export function keepKey(changed) {
  byId('key').value = sessionStorage.getItem(KEY) ?? '';
  byId('key').addEventListener('change', () => {
    if (key() === '') {
      sessionStorage.removeItem(KEY);
    } else {
      sessionStorage.setItem(KEY, key());
    }
    changed();
  });
  byId('key-form').addEventListener('submit', event => {
    event.preventDefault();
    closeKeyPanel();
  });
}
