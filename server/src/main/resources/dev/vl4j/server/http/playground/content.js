/** What is written on the page, as the API has it. */

export function isBlank({text, pictures}) {
  return text.trim() === '' && pictures.length === 0;
}

/** Pictures first, as the model reads them. */
export function parts({text, pictures}) {
  const shown = pictures.map(({url}) => ({type: 'image_url', image_url: {url}}));
  return text.trim() === '' ? shown : [...shown, {type: 'text', text}];
}

/** A string, or parts where there are pictures. */
export function asContent(content) {
  return content.pictures.length === 0 ? content.text : {content: parts(content)};
}

/**
 * Those of a list that are not blank.
 *
 * @param {object[]} contents text and pictures of each
 * @returns {{sent: object[], places: number[]}} places is where in the list each is, from 0
 */
export function written(contents) {
  const sent = contents.map((content, place) => ({content, place})).filter(({content}) => !isBlank(content));
  return {sent: sent.map(({content}) => content), places: sent.map(({place}) => place)};
}

/** What a content is called where there is little room. */
export function nameOf({text, pictures}) {
  return text.trim() || pictures.map(picture => picture.name).join(', ');
}
