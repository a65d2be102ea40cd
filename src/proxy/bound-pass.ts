/**
 * Data path. `proxy_bind`: an address that is written is settled when the configuration loads, one
 * of variables for each exchange. Only locations with such variables come here while serving.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { parseLocalAddress } from '#src/upstream/local-address.ts';
import type { PendingName } from '#src/upstream/name-resolver.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { BindArgument } from './bind-argument.ts';
import type { UpstreamFinder, UpstreamSeeker } from './run-time-pass.ts';

/** Told of a text that is no address. */
export type BindLog = (exchange: Exchange, text: string) => void;

/**
 * The upstream of a location, or what finds it: `upstream` is what the configuration names,
 * `finder` what finds one by the variables of `proxy_pass`.
 */
export function bindUpstream(
  bind: BindArgument,
  upstream: Upstream | undefined,
  finder: UpstreamFinder | undefined,
  onInvalid: BindLog,
): { readonly upstream: Upstream | undefined; readonly pass: UpstreamFinder | undefined } {
  if (bind === 'off') return { upstream, pass: finder };
  const fixed = bind.constant === undefined ? undefined : parseLocalAddress(bind.constant);
  if (fixed !== undefined && upstream !== undefined) {
    return { upstream: upstream.boundTo(fixed), pass: undefined };
  }
  return { upstream: undefined, pass: new BoundPass(bind, upstream, finder, onInvalid) };
}

class BoundPass implements UpstreamFinder {
  readonly #bind: ComplexValue<Exchange>;
  readonly #upstream: Upstream | undefined;
  readonly #finder: UpstreamFinder | undefined;
  readonly #onInvalid: BindLog;

  constructor(
    bind: ComplexValue<Exchange>,
    upstream: Upstream | undefined,
    finder: UpstreamFinder | undefined,
    onInvalid: BindLog,
  ) {
    this.#bind = bind;
    this.#upstream = upstream;
    this.#finder = finder;
    this.#onInvalid = onInvalid;
  }

  find(exchange: Exchange, seeker: UpstreamSeeker): PendingName | undefined {
    const text = this.#bind.evaluate(exchange);
    const local = parseLocalAddress(text);
    if (local === undefined && text !== '') this.#onInvalid(exchange, text);
    const binder = local === undefined ? seeker : new Binder(seeker, local);
    if (this.#upstream === undefined) return this.#finder?.find(exchange, binder);
    binder.onUpstreamFound(this.#upstream);
    return undefined;
  }
}

/** Between a finder and its seeker: what was found, from that address. */
class Binder implements UpstreamSeeker {
  readonly #seeker: UpstreamSeeker;
  readonly #local: Parameters<Upstream['boundTo']>[0];

  constructor(seeker: UpstreamSeeker, local: Parameters<Upstream['boundTo']>[0]) {
    this.#seeker = seeker;
    this.#local = local;
  }

  onUpstreamFound(upstream: Upstream): void {
    this.#seeker.onUpstreamFound(upstream.boundTo(this.#local));
  }

  onUpstreamMissing(failure: FailureCode, detail: string): void {
    this.#seeker.onUpstreamMissing(failure, detail);
  }

  onSeekingBroken(): void {
    this.#seeker.onSeekingBroken();
  }
}
