/** What a variable reads whose value a function works out. */
import type { Exchange } from '#src/exchange/exchange.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { FunctionHost } from './function-host.ts';
import { LiveRequest } from './request-context.ts';

/** Gives undefined, and a line in the log, when the function fails. */
export function functionReader(
  ref: FunctionRef,
  host: FunctionHost,
): (exchange: Exchange) => string | undefined {
  return (exchange) => {
    const request = new LiveRequest(exchange, host);
    try {
      return textOf(host.call(ref, request));
    } catch (error) {
      host.onFailed(ref, exchange, error);
      return undefined;
    } finally {
      request.end();
    }
  };
}

/** A value as fields and lines have it. @throws TypeError when it is no text and no number */
export function textOf(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number') return String(given);
  // Texts of heads and lines have one char per byte.
  if (typeof given === 'string') return Buffer.from(given, 'utf8').toString('latin1');
  const what = typeof given === 'object' ? 'an object or a promise' : typeof given;
  throw new TypeError(`a variable must be a text or a number, not ${what}`);
}
