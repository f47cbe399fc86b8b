import {element} from './dom.js';
import {bringsFiles, pictureFiles, readPictures} from './pictures.js';

/** A text and pictures, to be written: the query, or one document. */
export class ContentEditor {
  #pictures = [];
  #placeholder;
  #changed;
  #failed;
  #text;
  #pick;
  #thumbnails = element('ul', {class: 'thumbnails', 'aria-label': 'Images'});
  #files;

  /**
   * @param {string} label of the text
   * @param {function()} changed is called after each change
   * @param {function(Error)} failed is called if a file cannot be read
   * @param {...Node} tools buttons of the owner
   */
  constructor(label, placeholder, changed, failed, ...tools) {
    this.#placeholder = placeholder;
    this.#changed = changed;
    this.#failed = failed;
    this.#text = element('textarea', {rows: 1, placeholder, input: changed});
    this.#files = element('input', {
      type: 'file',
      accept: 'image/*',
      multiple: true,
      hidden: true,
      change: () => this.#picked(),
    });
    this.#pick = element('button', {type: 'button', class: 'quiet', click: () => this.#files.click()}, '+ image');
    this.element = element(
      'div',
      {
        class: 'card',
        dragover: event => this.#dragged(event),
        dragleave: () => this.element.classList.remove('target'),
        drop: event => this.#dropped(event),
        paste: event => this.#pasted(event),
      },
      this.#text,
      element('div', {class: 'card-tools'}, this.#pick, this.#files, ...tools),
      this.#thumbnails,
    );
    this.relabel(label);
  }

  /** What is written, as it is now. */
  get content() {
    return {text: this.#text.value, pictures: [...this.#pictures]};
  }

  set content({text = '', pictures = []}) {
    this.#text.value = text;
    this.#pictures = [...pictures];
    this.#show();
  }

  relabel(label) {
    this.#text.setAttribute('aria-label', label);
    this.#files.setAttribute('aria-label', `Images of: ${label}`);
    this.#pick.setAttribute('aria-label', `Add images to: ${label}`);
  }

  focus() {
    this.#text.focus();
  }

  /** Whether the server has found fault with it. */
  set faulty(faulty) {
    this.element.classList.toggle('faulty', faulty);
    this.#text.setAttribute('aria-invalid', String(faulty));
  }

  async add(files) {
    try {
      this.#pictures.push(...(await readPictures(files)));
    } catch (failure) {
      this.#failed(failure);
    }
    this.#show();
    this.#changed();
  }

  #picked() {
    const files = [...this.#files.files];
    this.#files.value = '';
    this.add(files);
  }

  #dragged(event) {
    if (bringsFiles(event)) {
      event.preventDefault();
      this.element.classList.add('target');
    }
  }

  #dropped(event) {
    this.element.classList.remove('target');
    const files = pictureFiles(event.dataTransfer);
    if (files.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      this.add(files);
    }
  }

  /** What is copied as text and as picture of this text is text. */
  #pasted(event) {
    event.stopPropagation();
    const files = pictureFiles(event.clipboardData);
    if (files.length > 0 && !event.clipboardData.types.includes('text/plain')) {
      event.preventDefault();
      this.add(files);
    }
  }

  #show() {
    this.#text.placeholder = this.#pictures.length === 0 ? this.#placeholder : 'Text, if any';
    this.#thumbnails.replaceChildren(
      ...this.#pictures.map(picture =>
        element(
          'li',
          {},
          element('img', {src: picture.url, alt: picture.name}),
          element(
            'button',
            {type: 'button', 'aria-label': `Remove image ${picture.name}`, click: () => this.#remove(picture)},
            '×',
          ),
        ),
      ),
    );
  }

  #remove(picture) {
    this.#pictures = this.#pictures.filter(other => other !== picture);
    this.#show();
    this.#changed();
    this.focus();
  }
}

/** Contents in an order, to be written: documents, or inputs. */
export class ContentList {
  #list;
  #noun;
  #changed;
  #failed;
  #cards = [];

  /**
   * @param {Element} list of HTML that shows them
   * @param {string} noun what each is called
   * @param {function()} changed is called after each change
   * @param {function(Error)} failed is called if a file cannot be read
   */
  constructor(list, noun, changed, failed) {
    this.#list = list;
    this.#noun = noun;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** All of them, blank ones included. */
  get contents() {
    return this.#cards.map(card => card.editor.content);
  }

  set contents(contents) {
    this.#cards = [];
    this.#list.replaceChildren();
    contents.forEach(content => this.add(content));
  }

  add(content = {}) {
    const card = {};
    const tool = (label, sign, action) =>
      element('button', {type: 'button', class: 'quiet icon', 'data-label': label, click: action}, sign);
    card.up = tool('Move up', '↑', () => this.#move(card, -1, card.up));
    card.down = tool('Move down', '↓', () => this.#move(card, 1, card.down));
    card.remove = tool('Remove', '×', () => this.#remove(card));
    card.editor = new ContentEditor(
      this.#noun, 'A text, images, or both', this.#changed, this.#failed, card.up, card.down, card.remove);
    card.editor.content = content;
    card.item = element('li', {}, card.editor.element);
    this.#cards.push(card);
    this.#list.append(card.item);
    this.#number();
    return card.editor;
  }

  async addPictures(files) {
    try {
      (await readPictures(files)).forEach(picture => this.add({pictures: [picture]}));
    } catch (failure) {
      this.#failed(failure);
    }
  }

  /** Marks one as faulty, or none. */
  blame(index) {
    this.#cards.forEach((card, i) => {
      card.editor.faulty = i === index;
    });
    this.#cards[index]?.item.scrollIntoView({block: 'nearest'});
  }

  #move(card, step, button) {
    const from = this.#cards.indexOf(card);
    const to = from + step;
    if (to < 0 || to >= this.#cards.length) {
      return;
    }
    this.#cards.splice(from, 1);
    this.#cards.splice(to, 0, card);
    this.#list.insertBefore(card.item, this.#cards[to + 1]?.item ?? null);
    this.#number();
    button.focus();
  }

  #remove(card) {
    const at = this.#cards.indexOf(card);
    this.#cards.splice(at, 1);
    card.item.remove();
    if (this.#cards.length === 0) {
      this.add();
    }
    this.#number();
    this.#cards[Math.min(at, this.#cards.length - 1)].editor.focus();
  }

  #number() {
    this.#cards.forEach((card, i) => {
      card.editor.relabel(`${this.#noun} ${i + 1}`);
      for (const button of [card.up, card.down, card.remove]) {
        const label = `${button.dataset.label}: ${this.#noun.toLowerCase()} ${i + 1}`;
        button.setAttribute('aria-label', label);
        button.title = button.dataset.label;
      }
      card.up.setAttribute('aria-disabled', String(i === 0));
      card.down.setAttribute('aria-disabled', String(i === this.#cards.length - 1));
    });
    this.#changed();
  }
}
