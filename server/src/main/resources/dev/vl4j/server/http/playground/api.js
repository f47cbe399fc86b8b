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

/**
 * The models that are served, by what they do: each with id and max_model_len, or null.
 *
 * @returns {Promise<{rank: ?object, embed: ?object}>}
 */
export async function servedModels(key) {
  const [{paths}, {data}] = await Promise.all([call('openapi.json', ''), call('v1/models', key)]);
  const serves = path => paths[path]?.post?.requestBody !== undefined;
  const rank = serves('/v1/rerank') ? data[0] : null;
  // Where there are two, the names of the one that ranks come first.
  const other = rank === null ? data[0] : (data.find(card => card.root !== rank.root) ?? data.at(-1));
  return {rank, embed: serves('/v1/embeddings') ? other : null};
}

function post(path, body, key, signal) {
  return call(path, key, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(body),
    signal,
  });
}

/**
 * Ranks, with prompts, counts and timings.
 *
 * @param {object} body of /v1/rerank
 * @param {AbortSignal} signal
 */
export function explain(body, key, signal) {
  return post('v1/rerank/explain', body, key, signal);
}

/**
 * Embeds inputs of texts and pictures.
 *
 * @param {object} body of /v2/embed
 * @param {AbortSignal} signal
 */
export function embed(body, key, signal) {
  return post('v2/embed', body, key, signal);
}

/**
 * A shell command that sends a request. The key is left to the environment, and the
 * body comes by standard input, as an image would be too long for an argument.
 */
export function curlCommand(path, body, withKey) {
  const url = new URL(path, document.baseURI);
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

/** Cards and pictures in what the server says: documents.0.content.0.image_url or document 0, image 0. */
const PLACES = /\b(?:body\.)?(?:(document|input)s?[. ](\d+)|query)(?:\.content\.(\d+)\.image_url[.\w]*|, image (\d+))?/g;

/**
 * What the server says, in the page's words: it counts from 0 what was sent, the page counts cards
 * from 1. Pictures are sent before texts, so that their numbers are those of parts.
 *
 * @param {number[]} places of what was sent in the list on the page, from 0
 */
export function asShown(text, places) {
  return text.replace(PLACES, (whole, kind, index, part, image) => {
    const picture = part ?? image;
    if ((index === undefined && picture === undefined) || (index !== undefined && places[index] === undefined)) {
      return whole;
    }
    const card = index === undefined ? 'query' : `${kind} ${places[index] + 1}`;
    return picture === undefined ? card : `${card}, image ${Number(picture) + 1}`;
  });
}
