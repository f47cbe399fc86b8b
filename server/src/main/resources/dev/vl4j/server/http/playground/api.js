/** What the server, or the way to it, refused. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0 if there was no answer
   * @param {string} type in the server's words
   * @param {?string} param the field at fault, such as body.documents.0
   */
  constructor(status, type, message, param = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

async function call(path, key, options = {}) {
  const headers = {...options.headers};
  if (key) {
    headers.Authorization = `Bearer ${key}`;
  }
  let response;
  let text;
  try {
    response = await fetch(path, {...options, headers, cache: 'no-store', credentials: 'same-origin'});
    text = await response.text();
  } catch (failure) {
    if (failure.name === 'AbortError') {
      throw failure;
    }
    throw new ApiError(0, 'No answer', `The server cannot be reached: ${failure.message}`);
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(response.status, response.statusText || 'No JSON', text.slice(0, 500) || 'The answer is empty.');
  }
  if (!response.ok) {
    throw refusal(response.status, answer.error);
  }
  return answer;
}

function refusal(status, error) {
  if (status === 401) {
    return new ApiError(401, 'Unauthorized', 'This server wants an API key, and this is none of its keys.');
  }
  return typeof error === 'object' && error !== null
    ? new ApiError(status, error.type, error.message, error.param)
    : new ApiError(status, 'Error', String(error));
}

/** The model that is served: id and max_model_len. */
export async function servedModel(key) {
  const models = await call('v1/models', key);
  return models.data[0];
}

/**
 * Ranks, with prompts, counts and timings.
 *
 * @param {object} body of /v1/rerank
 * @param {AbortSignal} signal
 */
export function explain(body, key, signal) {
  return call('v1/rerank/explain', key, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(body),
    signal,
  });
}

/**
 * A shell command that sends the request to /v1/rerank. The key is left to the environment, and the
 * body comes by standard input, as an image would be too long for an argument.
 */
export function curlCommand(body, withKey) {
  const url = new URL('v1/rerank', document.baseURI);
  return [
    `curl '${url.href.replaceAll("'", '%27')}' \\`,
    "  -H 'Content-Type: application/json' \\",
    ...(withKey ? ['  -H "Authorization: Bearer $VLLM_API_KEY" \\'] : []),
    "  --data-binary @- <<'END'",
    JSON.stringify(body, null, 2),
    'END',
    '',
  ].join('\n');
}

/** Documents and pictures in what the server says: documents.0.content.0.image_url or document 0, image 0. */
const PLACES = /\b(?:body\.)?(?:documents?[. ](\d+)|query)(?:\.content\.(\d+)\.image_url[.\w]*|, image (\d+))?/g;

/**
 * What the server says, in the page's words: it counts from 0 what was sent, the page counts cards
 * from 1. Pictures are sent before texts, so that their numbers are those of parts.
 *
 * @param {number[]} places of what was sent in the list on the page, from 0
 */
export function asShown(text, places) {
  return text.replace(PLACES, (whole, index, part, image) => {
    const picture = part ?? image;
    if ((index === undefined && picture === undefined) || (index !== undefined && places[index] === undefined)) {
      return whole;
    }
    const card = index === undefined ? 'query' : `document ${places[index] + 1}`;
    return picture === undefined ? card : `${card}, image ${Number(picture) + 1}`;
  });
}
