import {ApiError, asShown} from './api.js';
import {element} from './dom.js';
import {askForKey} from './session.js';

/** How the server spells what is wrong with a body: a dictionary of Python for each fault. */
const FAULT = /^ *\{'type': '[^']*', 'loc': '([^']*)', 'msg': '((?:[^'\\]|\\.)*)'/;

/**
 * Shows what went wrong.
 *
 * @param {Element} place
 * @param {ApiError} error
 */
export function showError(place, error) {
  const head = element('p', {class: 'error-head'}, `${error.status || ''} ${error.type}`.trim());
  const shown = [head, element('div', {class: 'error-text'}, ...faults(error.message))];
  if (error.param) {
    shown.push(element('p', {class: 'error-param'}, 'Field: ', element('code', {}, error.param)));
  }
  place.replaceChildren(...shown);
  place.hidden = false;
}

/**
 * What the server has refused, in the page's words; it asks for a key if that is what is missing.
 * Anything else that went wrong is thrown again.
 *
 * @param {number[]} places of what was sent in the list on the page, from 0
 * @returns {ApiError}
 */
export function refused(failure, places) {
  if (!(failure instanceof ApiError)) {
    throw failure;
  }
  const {status, type, message, param} = failure;
  if (status === 401) {
    askForKey();
  }
  return new ApiError(status, type, asShown(message, places), param && asShown(param, places));
}

/** A file that cannot be read, as an error of this page. */
export function unread(failure) {
  return new ApiError(0, 'Not read', failure.message);
}

/** A message, in which faults of a body are a line each that says where and what. */
function faults(message) {
  return message.split('\n').map(line => {
    const fault = FAULT.exec(line);
    return fault
      ? element('p', {}, element('code', {}, fault[1]), `: ${fault[2].replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c))}`)
      : element('p', {}, line);
  });
}
