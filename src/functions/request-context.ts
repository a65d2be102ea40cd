/**
 * The request as one call of a function sees it. It refers to the exchange only until `end`: the
 * exchange serves another client afterwards, and nobody may see that one through this object.
 */
import type { Exchange } from '#src/exchange/exchange.ts';
import { requestIdOf } from '#src/exchange/request-id.ts';
import { queryOf } from '#src/exchange/uri.ts';
import { type BodyOptions, type RequestContext, RequestEndedError } from './contexts.ts';
import type { FunctionHost } from './function-host.ts';
import { EditableFields } from './header-fields.ts';

/** Reads the body for a function; undefined where there is no body to be had. */
export type ReadBody = (maxBytes: number | undefined) => Promise<Buffer>;

export class LiveRequest implements RequestContext {
  readonly headers: EditableFields;
  readonly #host: FunctionHost;
  readonly #readBody: ReadBody | undefined;
  #exchange: Exchange | undefined;
  #abort: AbortController | undefined;

  constructor(exchange: Exchange, host: FunctionHost, readBody?: ReadBody) {
    this.#exchange = exchange;
    this.#host = host;
    this.#readBody = readBody;
    this.headers = new EditableFields((what) => this.#live(what).request.fields, ['host']);
  }

  /** Nothing can be asked of it from now on. */
  end(): void {
    this.#exchange = undefined;
  }

  /** Tells whoever listens that nobody waits any more, and ends. */
  abort(reason: Error): void {
    this.#exchange = undefined;
    this.#abort?.abort(reason);
  }

  get method(): string {
    return this.#live('method').request.method;
  }

  get target(): string {
    const { clientTarget, request } = this.#live('target');
    return clientTarget === '' ? request.originTarget : clientTarget;
  }

  get path(): string {
    return Buffer.from(this.#live('path').request.path, 'latin1').toString('utf8');
  }

  get query(): string {
    return queryOf(this.#live('query'));
  }

  get host(): string {
    return this.#live('host').request.host;
  }

  get clientAddress(): string {
    return this.#live('clientAddress').downstream?.facts.remoteAddress ?? '';
  }

  get id(): string {
    return requestIdOf(this.#live('id'));
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#live('signal');
      this.#abort = new AbortController();
    }
    return this.#abort.signal;
  }

  variable(name: string): string | undefined {
    return this.#host.variable(this.#live('variable()'), name);
  }

  async bytes(options: BodyOptions = {}): Promise<Uint8Array> {
    return await this.#body('bytes()', options);
  }

  async text(options: BodyOptions = {}): Promise<string> {
    return (await this.#body('text()', options)).toString('utf8');
  }

  async json(options: BodyOptions = {}): Promise<unknown> {
    return JSON.parse((await this.#body('json()', options)).toString('utf8'));
  }

  #body(what: string, { maxBytes }: BodyOptions): Promise<Buffer> {
    this.#live(what);
    if (this.#readBody !== undefined) return this.#readBody(maxBytes);
    throw new Error(`"${what}" is there for handlers and request filters only`);
  }

  #live(what: string): Exchange {
    if (this.#exchange === undefined) throw new RequestEndedError(what);
    return this.#exchange;
  }
}
