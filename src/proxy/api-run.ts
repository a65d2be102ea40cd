/**
 * An exchange of a location with `api`: its body is read, somebody outside of this thread is asked,
 * and what they say is the answer. Not on the data path: it may allocate.
 */
import type { FailureCode } from '#src/base/failure.ts';
import { answer, refuse } from '#src/exchange/answer.ts';
import type { Exchange, ExchangeHandler } from '#src/exchange/exchange.ts';
import { clientAddressOf, UNIX_PEER } from '#src/exchange/real-ip.ts';
import { queryOf } from '#src/exchange/uri.ts';
import { BodyIntake } from '#src/functions/body-intake.ts';
import { BodyTooLargeError } from '#src/functions/contexts.ts';
import { escapePath } from '#src/http/target.ts';
import type { ApiHandler, LocationMatch } from '#src/routing/model.ts';

/** What is asked of the API. Plain data. */
export interface ApiQuestion {
  readonly method: string;
  /** Path and query, as if the location were `/api`. */
  readonly target: string;
  /** UTF-8; '' without one. */
  readonly body: string;
  readonly mayWrite: boolean;
}

/** What it says. Plain data. */
export interface ApiReply {
  readonly status: number;
  /** JSON, UTF-8. */
  readonly body: string;
  /** The path of a new server, beginning with `/api`; '' for other answers. */
  readonly location: string;
}

/** Who is asked; calls back once, later. */
export type AskApi = (question: ApiQuestion, then: (reply: ApiReply) => void) => void;

/** Longest body; a server is described in a few hundred bytes. */
const MAX_BODY_BYTES = 64 * 1024;
const API = '/api';

/** Serves one exchange. */
export class ApiRun implements ExchangeHandler {
  readonly ignoresAbort = false;
  readonly #handler: ApiHandler;
  readonly #match: LocationMatch;
  readonly #ask: AskApi;
  readonly #body: BodyIntake;
  /** Undefined once it is answered, or the client gone. */
  #exchange: Exchange | undefined;

  constructor(exchange: Exchange, handler: ApiHandler, match: LocationMatch, ask: AskApi) {
    this.#exchange = exchange;
    this.#handler = handler;
    this.#match = match;
    this.#ask = ask;
    this.#body = new BodyIntake(exchange, MAX_BODY_BYTES, () => {});
    exchange.handler = this;
  }

  start(): void {
    const exchange = this.#exchange as Exchange;
    const refused = refusalOf(exchange);
    if (refused !== '') {
      this.#leave();
      reply(exchange, errorReply(403, 'Forbidden', refused), '');
      return;
    }
    this.#body.read().then(
      (body) => this.#onBody(body.toString('utf8')),
      (error: unknown) => this.#onNoBody(error),
    );
  }

  #onBody(body: string): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { method } = exchange.request;
    const question = {
      method: method === 'HEAD' ? 'GET' : method,
      target: `${API}/${this.#rest(exchange)}`,
      body,
      mayWrite: this.#handler.mayWrite,
    };
    this.#ask(question, (given) => {
      if (this.#leave() === undefined) return;
      reply(exchange, given, this.#prefix);
    });
  }

  #onNoBody(error: unknown): void {
    const exchange = this.#leave();
    if (exchange === undefined) return;
    refuse(exchange, error instanceof BodyTooLargeError ? 'body_too_large' : 'internal_error');
  }

  /** What is in place of `/api` here; a regular expression has no prefix: there `/api` it is. */
  get #prefix(): string {
    const { kind, path } = this.#match;
    return kind === 'exact' || kind === 'prefix' ? path.replace(/\/+$/, '') : API;
  }

  /** Path behind the prefix, and query. */
  #rest(exchange: Exchange): string {
    const { path } = exchange.request;
    const prefix = this.#prefix;
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : path;
    const query = queryOf(exchange);
    return escapePath(rest.replace(/^\/+/, '')) + (query === '' ? '' : `?${query}`);
  }

  /** It is nobody's business of ours any more; undefined: it was not. */
  #leave(): Exchange | undefined {
    const exchange = this.#exchange;
    if (exchange === undefined) return undefined;
    this.#exchange = undefined;
    if (exchange.handler === this) exchange.handler = undefined;
    this.#body.leave();
    return exchange;
  }

  // ---- ExchangeHandler -------------------------------------------------------------------------

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.#body.onBytes(bytes, start, end);
  }

  onRequestEnd(): void {
    this.#body.onEnd();
  }

  onRequestFlush(): void {}

  onDownstreamWritable(): void {}

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.#leave();
  }
}

/**
 * Why it may not ask; '': it may. As there are no access rules yet, only this machine changes
 * anything; and nothing is changed that a page of another site has asked a browser for.
 */
function refusalOf(exchange: Exchange): string {
  const { downstream, request } = exchange;
  if (request.method === 'GET' || request.method === 'HEAD') return '';
  // Both: who stands before us may be here, and its client not.
  const isHere = isLocal(downstream?.facts.remoteAddress) && isLocal(clientAddressOf(exchange));
  if (!isHere) return 'changes are taken from this machine only';
  const site = request.fields.lookUp('sec-fetch-site');
  if (site !== undefined) {
    return site === 'same-origin' || site === 'none' ? '' : 'requests of other sites are refused';
  }
  const origin = request.fields.lookUp('origin');
  const host = request.fields.lookUp('host') ?? '';
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return '';
  return 'requests of other sites are refused';
}

function isLocal(address = ''): boolean {
  return address === UNIX_PEER || address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** What stands for the API where nobody can be asked. */
export function errorReply(status: number, code: string, text: string): ApiReply {
  return { status, body: JSON.stringify({ error: { status, text, code } }), location: '' };
}

function reply(exchange: Exchange, { body, location, status }: ApiReply, prefix: string): void {
  const fields: [string, string][] = [['Cache-Control', 'no-store']];
  if (location !== '') fields.push(['Location', prefix + location.slice(API.length)]);
  const bytes = Buffer.from(body, 'utf8').toString('latin1');
  answer(exchange, status, bytes, 'application/json', fields);
}
