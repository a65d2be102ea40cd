/** `response_filter`: functions that change the head of a response before it leaves. */
import type { AddedField } from '#src/exchange/added-fields.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { reasonPhrase } from '#src/http/status.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import { RequestEndedError, type ResponseContext } from './contexts.ts';
import type { FunctionHost } from './function-host.ts';
import { EditableFields, OURS_IN_RESPONSES } from './header-fields.ts';
import { LiveRequest } from './request-context.ts';

const FAILED_STATUS = 500;

/** Runs one filter where `add_header` would add its field. */
export function responseFilter(ref: FunctionRef, host: FunctionHost): AddedField {
  return {
    name: '',
    value: NOTHING,
    always: true,
    edit: (exchange) => filterResponse(exchange, ref, host),
  };
}

const NOTHING = { constant: '', isOfConnection: true, evaluate: () => '' };

/** A filter that fails must not let through what it was to change: the response is dropped. */
function filterResponse(exchange: Exchange, ref: FunctionRef, host: FunctionHost): boolean {
  // Our page for a failed function is no response of anybody's; a tunnel is no response any more.
  if (exchange.reason === 'function_failed' || exchange.isTunnel) return true;
  const request = new LiveRequest(exchange, host);
  const response = new LiveResponse(exchange);
  try {
    const given = host.call(ref, response, request);
    if (given !== undefined) {
      throw new TypeError('a response filter gives nothing back, and cannot wait for a promise');
    }
    return true;
  } catch (error) {
    host.onFailed(ref, exchange, error);
    exchange.reason = 'function_failed';
    const head = exchange.response;
    head.reset();
    head.status = FAILED_STATUS;
    head.reason = reasonPhrase(FAILED_STATUS);
    head.framing = BODY_LENGTH;
    return false;
  } finally {
    request.end();
    response.end();
  }
}

/** The head of a response as one call of a function sees it; see request-context.ts. */
export class LiveResponse implements ResponseContext {
  readonly headers: EditableFields;
  #exchange: Exchange | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.headers = new EditableFields(
      (what) => this.#live(what).response.fields,
      OURS_IN_RESPONSES,
    );
  }

  end(): void {
    this.#exchange = undefined;
  }

  get status(): number {
    return this.#live('status').response.status;
  }

  #live(what: string): Exchange {
    if (this.#exchange === undefined) throw new RequestEndedError(what);
    return this.#exchange;
  }
}
