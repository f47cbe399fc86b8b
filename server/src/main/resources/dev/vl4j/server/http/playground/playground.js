import {servedModels} from './api.js';
import {byId, element} from './dom.js';
import {EmbedPage} from './embed.js';
import {bringsFiles, pictureFiles} from './pictures.js';
import {RankPage} from './rank.js';
import {SearchPage} from './search.js';
import {closeKeyPanel, key, keepKey} from './session.js';

/** The pages, by the ids of their elements. */
const PAGES = {
  'rank-page': new RankPage(),
  'embed-page': new EmbedPage(),
  'search-page': new SearchPage(),
};

/** Where each page shows its results. */
const RESULTS = {'rank-page': '#results', 'embed-page': '#embed-results', 'search-page': '#search-results'};

/** What is missing where models are not known: an API key, or an answer. */
let missing = '…';

// Pages

function openPage() {
  return Object.keys(PAGES).find(id => !byId(id).hidden);
}

function show(page) {
  for (const id of Object.keys(PAGES)) {
    byId(id).hidden = id !== page;
    const link = document.querySelector(`#pages a[href="#${id}"]`);
    if (id === page) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  byId('skip').href = RESULTS[page];
  showModel();
}

/** Other parts of the page have addresses, too. */
function showAddressed() {
  const wanted = location.hash.slice(1);
  if (wanted in PAGES && served(wanted)) {
    show(wanted);
  }
}

/** Whether there is a model for a page; as long as that is not known, only ranking is offered. */
function served(page) {
  const known = Object.values(PAGES).some(({model}) => model !== null);
  return known ? PAGES[page].model !== null : page === 'rank-page';
}

// The models

function showModel() {
  const {model} = PAGES[openPage()];
  byId('model').replaceChildren(
    ...(model === null
      ? [missing]
      : [element('strong', {}, model.id), ` · up to ${model.max_model_len.toLocaleString('en')} tokens`]),
  );
}

async function askForModels() {
  let models = {rank: null, embed: null};
  try {
    models = await servedModels(key());
  } catch (failure) {
    missing = failure.status === 401 ? 'An API key is needed' : failure.message;
    if (failure.status === 401) {
      byId('key-panel').open = true;
    }
  }
  PAGES['rank-page'].model = models.rank;
  PAGES['embed-page'].model = models.embed;
  const both = models.rank !== null && models.embed !== null;
  PAGES['search-page'].models = both ? models : null;
  byId('pages').hidden = !both;
  if (served(openPage())) {
    showModel();
  } else {
    show(Object.keys(PAGES).find(served));
  }
  showAddressed();
}

// Pictures from elsewhere

function page() {
  return PAGES[openPage()];
}

function pickPictures(button, field) {
  byId(button).addEventListener('click', () => byId(field).click());
  byId(field).addEventListener('change', () => {
    const files = [...byId(field).files];
    byId(field).value = '';
    page().addPictures(files);
  });
}

function dropped(event) {
  if (!bringsFiles(event)) {
    return;
  }
  event.preventDefault();
  const files = pictureFiles(event.dataTransfer);
  if (files.length > 0) {
    page().addPictures(files);
  } else {
    page().unreadable(new Error('Only images can be dropped.'));
  }
}

function listenForPictures() {
  pickPictures('add-pictures', 'files');
  pickPictures('embed-add-pictures', 'embed-files');
  pickPictures('search-add-pictures', 'search-files');
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
  document.addEventListener('paste', event => page().addPictures(pictureFiles(event.clipboardData)));
}

// Keys

function listenForKeys() {
  for (const form of document.querySelectorAll('form.request')) {
    form.addEventListener('submit', event => {
      event.preventDefault();
      page().submit();
    });
    form.addEventListener('keydown', event => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        page().submit();
      }
    });
  }
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      page().cancel();
      closeKeyPanel();
    }
  });
}

listenForPictures();
listenForKeys();
addEventListener('hashchange', showAddressed);
keepKey(askForModels);
askForModels();
