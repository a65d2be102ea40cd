/** What a function gave back → a response that can be sent, or an error that says what is wrong. */
import { checkField, OURS_IN_RESPONSES } from './header-fields.ts';

/** A response of a function, checked. */
export interface CheckedAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** In place of `body`. */
  readonly pieces: AsyncIterable<unknown> | undefined;
}

const KEYS: ReadonlySet<string> = new Set(['body', 'headers', 'json', 'status']);
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const BYTES = 'application/octet-stream';
/** Below what a head may hold: directives add some. */
const MAX_ANSWER_FIELDS = 80;
const NO_BYTES = Buffer.alloc(0);

/** @throws TypeError when it is no answer */
export function toAnswer(given: unknown): CheckedAnswer {
  if (typeof given === 'string') return checked(200, undefined, Buffer.from(given), TEXT);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const what = given === undefined ? 'nothing' : String(given);
    throw new TypeError(`a function answered ${what}: it must give a text, or { status, body }`);
  }
  const unknown = Object.keys(given).find((key) => !KEYS.has(key));
  if (unknown !== undefined) {
    const known = [...KEYS].join(', ');
    throw new TypeError(`a function answered with "${unknown}": an answer has ${known}`);
  }
  const { body, headers, json, status = 200 } = given as Record<string, unknown>;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`a function answered with status ${String(status)}: it is 200 to 599`);
  }
  if (json !== undefined) {
    if (body !== undefined) throw new TypeError('an answer has "body" or "json", not both');
    const text = JSON.stringify(json) as string | undefined;
    if (text === undefined) throw new TypeError('"json" holds what JSON cannot say');
    return checked(status, headers, Buffer.from(text), JSON_TYPE);
  }
  if (body === undefined) return checked(status, headers, NO_BYTES, '');
  if (typeof body === 'string') return checked(status, headers, Buffer.from(body), TEXT);
  if (body instanceof Uint8Array) return checked(status, headers, bytesOf(body), BYTES);
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    const pieces = body as AsyncIterable<unknown>;
    return { ...checked(status, headers, NO_BYTES, BYTES), pieces };
  }
  throw new TypeError('"body" must be a text, bytes, or something to iterate with "for await"');
}

/** A piece of a body that is iterated. @throws TypeError when it is no text and no bytes */
export function toPiece(given: unknown): Buffer {
  if (typeof given === 'string') return Buffer.from(given);
  if (given instanceof Uint8Array) return bytesOf(given);
  throw new TypeError('a body that is iterated must give texts or bytes');
}

/** Whether what a function gave is still to come. */
export function isPromise(given: unknown): given is PromiseLike<unknown> {
  return typeof given === 'object' && given !== null && 'then' in given;
}

/** A copy: the function may go on changing its own. */
function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

function checked(status: number, headers: unknown, body: Buffer, usualType: string): CheckedAnswer {
  const fields: [string, string][] = [];
  if (headers !== undefined && (typeof headers !== 'object' || headers === null)) {
    throw new TypeError('"headers" must be an object of names and values');
  }
  for (const [name, given] of Object.entries(headers ?? {})) {
    for (const one of Array.isArray(given) ? given : [given]) {
      const value = typeof one === 'number' ? String(one) : (one as string);
      checkField(name, value);
      if (OURS_IN_RESPONSES.includes(name.toLowerCase())) {
        throw new TypeError(`"${name}" is written by Weir itself`);
      }
      fields.push([name, value]);
    }
  }
  if (fields.length > MAX_ANSWER_FIELDS) {
    throw new TypeError(`an answer has at most ${MAX_ANSWER_FIELDS} fields`);
  }
  const isTyped = fields.some(([name]) => name.toLowerCase() === 'content-type');
  if (!isTyped && usualType !== '') fields.unshift(['Content-Type', usualType]);
  return { status, fields, body, pieces: undefined };
}
