/**
 * Data path. A request whose method or body is that of the location, not that of the client
 * (`proxy_method`, `proxy_set_body`). Only locations that have one of them come here.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type {
  ResponseSink,
  UpstreamConnection,
  UpstreamTraits,
} from '#src/upstream/pool/response-sink.ts';
import type { ProxySettings } from './directives.ts';
import { isMethod } from './rewriting-arguments.ts';

type OutgoingRequest = Parameters<UpstreamConnection['start']>[1];

/** The rules of a location; undefined: its requests go on as they came. */
export function ownRequest({ method, setBody }: ProxySettings): OwnRequest | undefined {
  if (method === undefined && setBody === undefined) return undefined;
  return new OwnRequest(method, setBody);
}

export class OwnRequest {
  readonly #method: ComplexValue<Exchange> | undefined;
  readonly #body: ComplexValue<Exchange> | undefined;

  constructor(
    method: ComplexValue<Exchange> | undefined,
    body: ComplexValue<Exchange> | undefined,
  ) {
    this.#method = method;
    this.#body = body;
  }

  /** A variable that gives no method leaves the client's. */
  method(exchange: Exchange): string {
    const text = this.#method?.constant ?? this.#method?.evaluate(exchange) ?? '';
    return isMethod(text) ? text : exchange.request.method;
  }

  /** Undefined: there is none of our own. */
  body(exchange: Exchange): Buffer | undefined {
    if (this.#body === undefined) return undefined;
    return Buffer.from(this.#body.constant ?? this.#body.evaluate(exchange), 'latin1');
  }

  /** Sends head and body; nothing leaves before a flush. What the client sent stays what it was. */
  start(
    connection: UpstreamConnection,
    sink: ResponseSink,
    outgoing: OutgoingRequest,
    traits: UpstreamTraits,
    exchange: Exchange,
  ): void {
    const { request } = exchange;
    const { bodyBytes, framing, method } = request;
    const body = this.body(exchange);
    request.method = this.method(exchange);
    if (body !== undefined) {
      request.framing = BODY_LENGTH;
      request.bodyBytes = body.length;
    }
    connection.start(sink, outgoing, traits);
    if (body !== undefined) connection.writeBody(body, 0, body.length, true);
    request.method = method;
    request.framing = framing;
    request.bodyBytes = bodyBytes;
  }
}
