/**
 * Data path. `proxy_bind`: an address that is written is settled when the configuration loads, one
 * of variables for each exchange. Only locations with such variables come here while serving.
 */

import type { LocalAddress } from '#src/base/address.ts';
import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { parseLocalAddress, transparent } from '#src/upstream/local-address.ts';
import type { PendingName } from '#src/upstream/name-resolver.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { Bind, BindArgument } from './bind-argument.ts';
import type { UpstreamFinder, UpstreamSeeker } from './run-time-pass.ts';

/** Told of a text that is no address. */
export type BindLog = (exchange: Exchange, text: string) => void;

/** What a location knows of its upstream when the configuration has loaded. */
export interface BoundUpstream {
  readonly upstream: Upstream | undefined;
  /** Finds it for each exchange. */
  readonly pass: UpstreamFinder | undefined;
  /** `proxy_bind_dynamic`: asked before each further try. */
  readonly rebinds: BoundPass | undefined;
}

/**
 * The upstream of a location, or what finds it: `upstream` is what the configuration names,
 * `finder` what finds one by the variables of `proxy_pass`.
 */
export function bindUpstream(
  { bind, bindDynamic }: { readonly bind: BindArgument; readonly bindDynamic: boolean },
  upstream: Upstream | undefined,
  finder: UpstreamFinder | undefined,
  onInvalid: BindLog,
): BoundUpstream {
  if (bind === 'off') return { upstream, pass: finder, rebinds: undefined };
  const { constant } = bind.address;
  const fixed = constant === undefined ? undefined : localOf(bind, constant);
  if (fixed !== undefined && upstream !== undefined) {
    return { upstream: upstream.boundTo(fixed), pass: undefined, rebinds: undefined };
  }
  const pass = new BoundPass(bind, upstream, finder, onInvalid);
  return { upstream: undefined, pass, rebinds: bindDynamic ? pass : undefined };
}

function localOf({ isTransparent }: Bind, text: string): LocalAddress | undefined {
  const local = parseLocalAddress(text);
  return local === undefined || !isTransparent ? local : transparent(local);
}

export class BoundPass implements UpstreamFinder {
  readonly #bind: Bind;
  readonly #upstream: Upstream | undefined;
  readonly #finder: UpstreamFinder | undefined;
  readonly #onInvalid: BindLog;

  constructor(
    bind: Bind,
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
    const local = this.#localNow(exchange);
    const binder = local === undefined ? seeker : new Binder(seeker, local);
    if (this.#upstream === undefined) return this.#finder?.find(exchange, binder);
    binder.onUpstreamFound(this.#upstream);
    return undefined;
  }

  /** The upstream that was found, from the address that the variables say by now. */
  rebind(exchange: Exchange, { unbound }: Upstream): Upstream {
    const local = this.#localNow(exchange);
    return local === undefined ? unbound : unbound.boundTo(local);
  }

  #localNow(exchange: Exchange): LocalAddress | undefined {
    const text = this.#bind.address.evaluate(exchange);
    const local = localOf(this.#bind, text);
    if (local === undefined && text !== '') this.#onInvalid(exchange, text);
    return local;
  }
}

/** Between a finder and its seeker: what was found, from that address. */
class Binder implements UpstreamSeeker {
  readonly #seeker: UpstreamSeeker;
  readonly #local: LocalAddress;

  constructor(seeker: UpstreamSeeker, local: LocalAddress) {
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
