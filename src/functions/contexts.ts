/**
 * What functions of weir.config.ts are given and may give back. Texts of heads have one char per
 * byte (Latin-1), as in node:http; the path is UTF-8.
 */

import type { ServerList } from '#src/upstream/discovery/server-list.ts';

/** What an answer may say about its body; absent: none. */
export type AnswerBody = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** Values of response fields; several for fields that may stand several times. */
export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/** A whole response. Weir adds Date, Server and what frames the body. */
export interface Answer {
  /** 200 to 599; 200 when absent. */
  readonly status?: number;
  readonly headers?: AnswerHeaders;
  /** Strings go out as UTF-8. What is iterated is sent piece by piece, as fast as the client reads. */
  readonly body?: AnswerBody;
  /** In place of `body`: a value that is sent as JSON. */
  readonly json?: unknown;
}

/** What a handler answers: a text alone has status 200. */
export type AnswerLike = Answer | string;

/** How much of a body `text()` and its like may read. */
export interface BodyOptions {
  /** Bytes; a longer body fails. `function_body_size` when absent, which is also the most. */
  readonly maxBytes?: number;
}

/** The fields of a head; names in any case. */
export interface HeaderFields {
  /** All values of that name, joined by ", "; undefined when there is none. */
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** In the order of the head. */
  entries(): readonly (readonly [name: string, value: string])[];
  /** Takes the place of every field of that name. */
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string): void;
}

/**
 * One request. It ends with its response (for filters: when the filter has returned or its promise
 * was settled); whatever is asked of it afterwards throws a `RequestEndedError`.
 */
export interface RequestContext {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly target: string;
  /** Percent-decoded, dot segments removed; after `rewrite`, the new one. */
  readonly path: string;
  /** Without "?"; empty when there is none. */
  readonly query: string;
  /** Lower case, without port. */
  readonly host: string;
  /** Address of the client (or of the proxy in front of us). */
  readonly clientAddress: string;
  /** `$request_id`: 32 hex digits, also in the error log and on error pages. */
  readonly id: string;
  /** Changes are seen by the endpoint; those of framing and `Host` are refused. */
  readonly headers: HeaderFields;
  /** Aborted when the client has left, or time is over. */
  readonly signal: AbortSignal;
  /** The value of `$name`, written with or without "$"; undefined when it has none. */
  variable(name: string): string | undefined;
  /** The body as UTF-8. Fails when it is too long, or the client leaves. */
  text(options?: BodyOptions): Promise<string>;
  json(options?: BodyOptions): Promise<unknown>;
  bytes(options?: BodyOptions): Promise<Uint8Array>;
}

/** The head of a response on its way to the client. */
export interface ResponseContext {
  readonly status: number;
  readonly headers: HeaderFields;
}

/** Answers a request. */
export type Handler = (request: RequestContext) => AnswerLike | Promise<AnswerLike>;

/** Looks at a request before it is answered or passed on; an answer ends it here. */
export type RequestFilter = (
  request: RequestContext,
) => AnswerLike | undefined | void | Promise<AnswerLike | undefined | void>;

/** Changes the head of a response before it leaves. */
export type ResponseFilter = (response: ResponseContext, request: RequestContext) => void;

/** The body of a response, gathered; at most `function_body_size`. As the endpoint encoded it. */
export interface WholeBody {
  readonly bytes: Uint8Array;
  text(): string;
  json(): unknown;
}

/** Gives a response of an endpoint another body; undefined leaves it as it is. */
export type ResponseBodyFilter = (
  body: WholeBody,
  response: ResponseContext,
  request: RequestContext,
) => BodyLike | Promise<BodyLike>;

/** What may take the place of a body. */
export type BodyLike = string | Uint8Array | undefined;

/** The value of a variable: a field of a log line, a value of a `map`. */
export type VariableFunction = (request: RequestContext) => string | number | undefined;

/** An endpoint as a balancer sees it, while it runs. */
export interface BalancerEndpoint {
  /** Its place in `endpoints`. */
  readonly index: number;
  /** `10.0.0.5:80` */
  readonly name: string;
  readonly weight: number;
  /** In service, with room, and not tried by this exchange before: only such ones may be chosen. */
  readonly isUsable: boolean;
  /** Exchanges in flight there over all threads, those that still connect included. */
  readonly inFlight: number;
  /** Mean milliseconds to the head of its answers in the last seconds; undefined: not known. */
  readonly responseMs: number | undefined;
}

/** What a balancer is given; it lives as long as the call. */
export interface BalancerView {
  readonly endpoints: readonly BalancerEndpoint[];
  /** 0, 1, 2 …, shared by all threads: for taking turns. */
  nextTurn(): number;
  /** [0, 1) */
  random(): number;
}

/** Chooses an endpoint, or its index; nothing, and whatever cannot be chosen: they take turns. */
export type BalancerFunction = (view: BalancerView) => BalancerEndpoint | number | undefined;

/** What a provider is given. */
export interface ProviderContext {
  /** Name of the upstream that it is for. */
  readonly upstream: string;
}

/**
 * Gives the servers of an upstream, one list after the other: each takes the place of the one
 * before. It runs in a thread of its own, once for all proxy threads; when it ends it is called
 * again after a second.
 */
export type ProviderFunction = (context: ProviderContext) => AsyncIterable<ServerList>;

/** The request was answered, or its client has left: nothing can be asked of it any more. */
export class RequestEndedError extends Error {
  override readonly name = 'RequestEndedError';

  constructor(what: string) {
    super(
      `the request has ended: "${what}" cannot be used any more. A function must not keep the ` +
        'request beyond its return, or beyond the promise it returned',
    );
  }
}

/** A body is longer than the function was ready to read. Not caught, it is a 413. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';

  constructor(maxBytes: number) {
    super(`the body is longer than ${maxBytes} bytes`);
  }
}
