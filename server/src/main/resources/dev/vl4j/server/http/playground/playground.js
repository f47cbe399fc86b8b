import {ApiError, asShown, curlCommand, explain, servedModel} from './api.js';
import {byId, element} from './dom.js';
import {ContentEditor, DocumentList} from './editor.js';
import {EXAMPLES} from './examples.js';
import {bringsFiles, pictureFiles} from './pictures.js';
import {Results} from './results.js';

const KEY = 'vl4j.key';
const NUMBERS = ['top_n', 'max_tokens_per_doc', 'max_tokens_per_query'];

const form = byId('request');
const results = new Results();
const query = new ContentEditor('Query', 'What are you looking for?', changed, unreadable);
const documents = new DocumentList(byId('documents'), changed, unreadable);

let model = null;
let running = null;

// The request

function isBlank({text, pictures}) {
  return text.trim() === '' && pictures.length === 0;
}

/** As the API has it: a string, or parts. */
function asContent({text, pictures}) {
  if (pictures.length === 0) {
    return text;
  }
  const parts = pictures.map(({url}) => ({type: 'image_url', image_url: {url}}));
  if (text.trim() !== '') {
    parts.push({type: 'text', text});
  }
  return {content: parts};
}

/** What is on the page: the API's body, and what was sent from where. Blank cards are left out. */
function written() {
  const sent = documents.contents
    .map((content, place) => ({content, place}))
    .filter(({content}) => !isBlank(content));
  const body = {query: asContent(query.content), documents: sent.map(({content}) => asContent(content))};
  if (model !== null) {
    body.model = model.id;
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
  if (scale() === 'logit') {
    body.use_activation = false;
  }
  return {body, sent: sent.map(({content}) => content), places: sent.map(({place}) => place)};
}

function changed() {
  const count = documents.contents.filter(content => !isBlank(content)).length;
  byId('count').textContent = count === 0 ? '' : String(count);
  blameNothing();
  results.outdate();
}

function load({query: asked, documents: offered}) {
  query.content = asked;
  documents.contents = offered;
  byId('instruction').value = '';
  NUMBERS.forEach(name => {
    byId(name).value = '';
  });
  changed();
}

// Ranking

async function rank() {
  if (running !== null) {
    return;
  }
  const {body, sent, places} = written();
  running = new AbortController();
  const stop = busy();
  try {
    const answer = await explain(body, key(), running.signal);
    results.show(answer, sent, places);
    say(`Ranked ${sent.length === 1 ? '1 document' : `${sent.length} documents`}.`);
    if (matchMedia('(max-width: 60rem)').matches) {
      byId('results').scrollIntoView();
    }
  } catch (failure) {
    if (failure.name === 'AbortError') {
      say('Cancelled.');
    } else {
      fail(failure, places);
    }
  } finally {
    running = null;
    stop();
  }
}

/** @returns {function()} ends it */
function busy() {
  const start = performance.now();
  const elapsed = byId('elapsed');
  const timer = setInterval(() => {
    elapsed.textContent = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  }, 100);
  blameNothing();
  document.body.classList.add('busy');
  byId('rank').setAttribute('aria-disabled', 'true');
  byId('cancel').hidden = false;
  say('Ranking …');
  return () => {
    clearInterval(timer);
    elapsed.textContent = '';
    document.body.classList.remove('busy');
    byId('rank').removeAttribute('aria-disabled');
    if (document.activeElement === byId('cancel')) {
      byId('rank').focus();
    }
    byId('cancel').hidden = true;
  };
}

function cancel() {
  running?.abort();
}

function fail(failure, places) {
  if (!(failure instanceof ApiError)) {
    throw failure;
  }
  say('');
  const {status, type, message, param} = failure;
  results.fail(new ApiError(status, type, asShown(message, places), param && asShown(param, places)));
  if (failure.status === 401) {
    askForKey();
  }
  blame(failure, places);
}

/** Marks what the server has found fault with, as far as it says. */
function blame({param, message}, places) {
  const at = /^(?:body\.)?documents?[. ](\d+)/.exec(param ?? message);
  if (at) {
    documents.blame(places[Number(at[1])]);
  }
  query.faulty = /^(?:body\.)?query\b/.test(param ?? message);
  for (const name of NUMBERS) {
    byId(name).setAttribute('aria-invalid', String(param === `body.${name}`));
  }
}

function blameNothing() {
  documents.blame(-1);
  query.faulty = false;
  NUMBERS.forEach(name => byId(name).removeAttribute('aria-invalid'));
}

function unreadable(failure) {
  results.fail(new ApiError(0, 'Not read', failure.message));
}

function say(words) {
  byId('status').textContent = words;
}

// The key and the model

function key() {
  return byId('key').value.trim();
}

function askForKey() {
  byId('key-panel').open = true;
  byId('key').focus();
}

function closeKeyPanel() {
  const panel = byId('key-panel');
  if (panel.open) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
}

async function showModel() {
  const shown = byId('model');
  try {
    model = await servedModel(key());
    shown.replaceChildren(
      element('strong', {}, model.id),
      ` · up to ${model.max_model_len.toLocaleString('en')} tokens`,
    );
  } catch (failure) {
    model = null;
    shown.replaceChildren(failure.status === 401 ? 'An API key is needed' : failure.message);
    if (failure.status === 401) {
      byId('key-panel').open = true;
    }
  }
}

function keyChanged() {
  if (key() === '') {
    sessionStorage.removeItem(KEY);
  } else {
    sessionStorage.setItem(KEY, key());
  }
  showModel();
}

// Copying

async function copyCurl() {
  const command = curlCommand(written().body, key() !== '');
  try {
    await navigator.clipboard.writeText(command);
  } catch {
    copyTheOldWay(command);
  }
  say('Copied.');
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

// Scores as

function scale() {
  return document.querySelector('input[name=scale]:checked').value;
}

function showScale() {
  byId('results').dataset.scale = scale();
}

// The page

function addText() {
  documents.add().focus();
}

function picked() {
  const files = [...byId('files').files];
  byId('files').value = '';
  documents.addPictures(files);
}

function dropped(event) {
  if (!bringsFiles(event)) {
    return;
  }
  event.preventDefault();
  const files = pictureFiles(event.dataTransfer);
  if (files.length > 0) {
    documents.addPictures(files);
  } else {
    unreadable(new Error('Only images can be dropped.'));
  }
}

function listen() {
  form.addEventListener('submit', event => {
    event.preventDefault();
    rank();
  });
  ['instruction', ...NUMBERS].forEach(name => byId(name).addEventListener('input', changed));
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      rank();
    }
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      cancel();
      closeKeyPanel();
    }
  });
  document.addEventListener('dragover', event => {
    if (bringsFiles(event)) {
      event.preventDefault();
      document.body.classList.add('dragging');
    }
  });
  document.addEventListener('dragleave', event => {
    if (event.relatedTarget === null) {
      document.body.classList.remove('dragging');
    }
  });
  // While it is on its way down, as a card that takes a drop lets nobody else know.
  document.addEventListener('drop', () => document.body.classList.remove('dragging'), true);
  document.addEventListener('drop', dropped);
  document.addEventListener('paste', event => documents.addPictures(pictureFiles(event.clipboardData)));
  byId('cancel').addEventListener('click', cancel);
  byId('curl').addEventListener('click', copyCurl);
  byId('add-text').addEventListener('click', addText);
  byId('add-pictures').addEventListener('click', () => byId('files').click());
  byId('files').addEventListener('change', picked);
  byId('clear').addEventListener('click', () => load({query: {}, documents: [{}]}));
  byId('scale').addEventListener('change', showScale);
  byId('key').addEventListener('change', keyChanged);
  byId('key-form').addEventListener('submit', event => {
    event.preventDefault();
    closeKeyPanel();
  });
}

byId('query').append(query.element);
byId('examples').append(
  ...EXAMPLES.map(example => element('button', {type: 'button', click: () => load(example.load())}, example.name)),
);
documents.contents = [{}, {}];
byId('key').value = sessionStorage.getItem(KEY) ?? '';
listen();
showScale();
showModel();
