/**
 * `import { answerOf } from 'weir/kit'`: functions of weir.config.ts in unit tests. No Weir, no
 * socket: a request and a response as the running Weir would give them, and what a function gives
 * back checked as it would check that.
 */
import { Exchange } from '#src/exchange/exchange.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { readTarget } from '#src/http/target.ts';
import {
  type AnswerHeaders,
  BodyTooLargeError,
  type Handler,
  type RequestContext,
  RequestEndedError,
  type RequestFilter,
  type ResponseBodyFilter,
  type ResponseContext,
  type ResponseFilter,
  type VariableFunction,
} from './contexts.ts';
import { FakeClient } from './fake-client.ts';
import { FunctionHost } from './function-host.ts';
import { textOf } from './function-variable.ts';
import { checkValue } from './header-fields.ts';
import { LiveRequest } from './request-context.ts';
import { LiveResponse } from './response-filter.ts';
import { toAnswer, toPiece } from './to-answer.ts';
import { wholeBody } from './whole-body.ts';

/** A request, or its URL: a GET of it. */
export type FakeRequest = string | FakeRequestParts;

/** What a client sends, and what Weir knows of it. */
export interface FakeRequestParts {
  /** `http://host/path?query`, or `/path?query` of the host `localhost`. */
  readonly url: string;
  /** GET when not given; POST when there is a body. */
  readonly method?: string;
  readonly headers?: AnswerHeaders;
  readonly body?: string | Uint8Array;
  /** Address of the client; `203.0.113.7` when not given. */
  readonly from?: string;
  /** What `variable()` gives, by names without "$"; other names are unknown. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** As `functionBodySize`: the longest body that may be read, in bytes; 1 MB when not given. */
  readonly bodySize?: number;
  /** As `functionTimeout`, in milliseconds; 60 s when not given. Timers of a test's clock count. */
  readonly timeoutMs?: number;
  /** Aborted when the client shall leave. */
  readonly leaves?: AbortSignal;
}

/** The head of a response. */
export interface FakeResponse {
  /** 200 when not given. */
  readonly status?: number;
  readonly headers?: AnswerHeaders;
}

/** What a client would get; of a body that is iterated, all of it. */
export interface KitAnswer {
  readonly status: number;
  /** Names in lower case; several values of one joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  text(): string;
  json(): unknown;
}

const USUAL_BODY_BYTES = 1024 * 1024;
const USUAL_TIMEOUT_MS = 60_000;

/**
 * Runs a handler or request filter; undefined: a filter lets the request go on. What it throws,
 * what is no answer, and a timeout (`FunctionTimeoutError`) are thrown. `seen` gets the request when
 * the function has given what it gives: its fields are then what an endpoint would be sent.
 */
export async function answerOf(
  run: Handler | RequestFilter,
  request: FakeRequest,
  seen: (request: RequestContext) => void = () => {},
): Promise<KitAnswer | undefined> {
  return await withRequest(request, async (live) => {
    const given = await run(live);
    seen(live);
    if (given === undefined) return undefined;
    const { body, fields, pieces, status } = toAnswer(given);
    const parts = [body];
    if (pieces !== undefined) for await (const piece of pieces) parts.push(toPiece(piece));
    const bytes = Buffer.concat(parts);
    return { status, headers: joined(fields), ...wholeBody(bytes) };
  });
}

/** The value that a `variable` or a function in `logFormat`, `map` and their like would have. */
export async function valueOf(
  run: VariableFunction,
  request: FakeRequest,
): Promise<string | undefined> {
  return await withRequest(request, (live) => {
    const value = textOf(run(live));
    return value === undefined ? undefined : Buffer.from(value, 'latin1').toString('utf8');
  });
}

/** The head of a response after a `responseFilter`. */
export async function responseOf(
  run: ResponseFilter,
  response: FakeResponse,
  request: FakeRequest = '/',
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }> {
  return await withRequest(request, (live) => {
    const head = liveResponse(response);
    const given: unknown = run(head, live);
    if (given !== undefined) {
      throw new TypeError('a response filter gives nothing back, and cannot wait for a promise');
    }
    return { status: head.status, headers: joined(head.headers.entries()) };
  });
}

/** The body of a response after a `responseBody`, which is given that body. */
export async function bodyOf(
  run: ResponseBodyFilter,
  body: string | Uint8Array,
  response: FakeResponse = {},
  request: FakeRequest = '/',
): Promise<Uint8Array> {
  return await withRequest(request, async (live) => {
    const before = Buffer.from(body as string);
    const given = await run(wholeBody(before), liveResponse(response), live);
    return given === undefined ? before : toPiece(given);
  });
}

/** It took longer than its `timeoutMs`: the client would get a 504. */
export class FunctionTimeoutError extends Error {
  override readonly name = 'FunctionTimeoutError';
}

/** Calls with a request that lives until the call has come to its end, as the running Weir has it. */
async function withRequest<T>(
  request: FakeRequest,
  call: (live: LiveRequest) => T | Promise<T>,
): Promise<T> {
  const parts = typeof request === 'string' ? { url: request } : request;
  const { leaves, timeoutMs = USUAL_TIMEOUT_MS } = parts;
  const live = liveRequest(parts);
  let timer: NodeJS.Timeout | undefined;
  let onLeave = () => {};
  const gone = new Promise<never>((_, reject) => {
    const end = (error: Error) => {
      live.abort(error);
      reject(error);
    };
    onLeave = () => end(new RequestEndedError('the client has left, and what was asked of it'));
    const message = `it took longer than function_timeout, ${timeoutMs} ms`;
    timer = setTimeout(() => end(new FunctionTimeoutError(message)), timeoutMs);
    if (leaves?.aborted === true) onLeave();
    else leaves?.addEventListener('abort', onLeave);
  });
  try {
    return await Promise.race([call(live), gone]);
  } finally {
    clearTimeout(timer);
    leaves?.removeEventListener('abort', onLeave);
    live.end();
  }
}

function liveRequest(parts: FakeRequestParts): LiveRequest {
  const { body, bodySize = USUAL_BODY_BYTES, from = '203.0.113.7', headers, url } = parts;
  const bytes = body === undefined ? undefined : Buffer.from(body as string);
  const exchange = new Exchange();
  const head = exchange.request;
  const [, host = 'localhost', target = '/'] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url) ?? [, , url];
  head.method = parts.method ?? (bytes === undefined ? 'GET' : 'POST');
  head.target = target === '' ? '/' : target;
  for (const [name, value] of eachField({ Host: host, ...headers })) {
    head.fields.append(fieldIdOf(name), name, value);
  }
  if (bytes !== undefined) {
    head.framing = BODY_LENGTH;
    head.bodyBytes = bytes.length;
    head.fields.append(fieldIdOf('content-length'), 'Content-Length', String(bytes.length));
  }
  const failure = readTarget(head);
  if (failure !== undefined) throw new TypeError(`Weir refuses "${url}": ${failure}`);
  exchange.downstream = new FakeClient(from);
  const variables = new Map(Object.entries(parts.variables ?? {}));
  const functions = new FunctionHost([]);
  functions.useVariables((name) => (variables.has(name) ? () => variables.get(name) : undefined));
  return new LiveRequest(exchange, functions, (maxBytes = bodySize) => {
    const limit = Math.min(maxBytes, bodySize);
    const read = bytes ?? Buffer.alloc(0);
    if (read.length > limit) return Promise.reject(new BodyTooLargeError(limit));
    return Promise.resolve(Buffer.from(read));
  });
}

function liveResponse({ headers, status = 200 }: FakeResponse): ResponseContext {
  const exchange = new Exchange();
  exchange.response.status = status;
  for (const [name, value] of eachField(headers ?? {})) {
    exchange.response.fields.append(fieldIdOf(name), name, value);
  }
  return new LiveResponse(exchange);
}

function eachField(headers: AnswerHeaders): (readonly [name: string, value: string])[] {
  return Object.entries(headers).flatMap(([name, given]) => {
    const values = Array.isArray(given) ? (given as readonly string[]) : [given];
    return values.map((value) => {
      const text = String(value);
      checkValue(name, text);
      return [name, text] as const;
    });
  });
}

function joined(fields: readonly (readonly [name: string, value: string])[]) {
  const headers: Record<string, string> = {};
  for (const [given, value] of fields) {
    const name = given.toLowerCase();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
