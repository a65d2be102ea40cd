/**
 * Data path. Which endpoints of an upstream belong to an id that a client brings, and what `sticky
 * learn` learns. Ids are worked out when the configuration loads; a look-up allocates nothing.
 */

import type { Clock } from '#src/base/clock.ts';
import { hashText } from '#src/base/text-hash.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { type SessionTable, sessionNowSec } from '#src/shared/session-table.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import { stickyIdOf } from './sticky-id.ts';

export class Sticky {
  readonly config: StickyConfig;
  /** By slot, as the two below. */
  readonly #ids: string[] = [];
  /** Endpoints with one id: lines of one `route=`, or of one address. */
  readonly #byId = new Map<string, readonly Endpoint[]>();
  readonly #firstId: number;
  readonly #endpoints: (Endpoint | undefined)[] = [];
  readonly #sessions: SessionTable | undefined;
  readonly #clock: Clock;
  readonly #hash = new Int32Array(2);

  /** `firstEndpoint`: the id of slot 0. `sessions`: of `sticky learn`. */
  constructor(
    config: StickyConfig,
    endpoints: readonly Endpoint[],
    firstEndpoint: number,
    sessions: SessionTable | undefined,
    clock: Clock,
  ) {
    this.config = config;
    this.#firstId = firstEndpoint;
    this.#sessions = sessions;
    this.#clock = clock;
    for (const endpoint of endpoints) {
      const id = stickyIdOf(endpoint.config, config.secret);
      this.#ids[endpoint.id - firstEndpoint] = id;
      this.#endpoints[endpoint.id - firstEndpoint] = endpoint;
      this.#byId.set(id, [...(this.#byId.get(id) ?? []), endpoint]);
    }
  }

  /** What a client is told of its endpoint. */
  idOf(endpoint: Endpoint): string {
    const known = this.#ids[endpoint.id - this.#firstId];
    // It was taken out while it answered: the name is still its own.
    return known ?? stickyIdOf(endpoint.config, this.config.secret);
  }

  /**
   * The endpoints of what a request brought: an id, or with `learn` a session; undefined: it brought
   * nothing, or nothing that holds (forged, expired, of an endpoint that is gone).
   */
  endpointsOf(brought: string): readonly Endpoint[] | undefined {
    if (brought === '') return undefined;
    const sessions = this.#sessions;
    if (sessions === undefined) return this.#byId.get(brought);
    hashText(brought, this.#hash);
    const nowSec = sessionNowSec(sharedNowMs(this.#clock.nowMs));
    const at = sessions.find(this.#hash, nowSec);
    const endpoint = at < 0 ? undefined : this.#endpoints[at];
    return endpoint === undefined ? undefined : this.#byId.get(this.idOf(endpoint));
  }

  /** `learn`: the session is at this endpoint. `isNew`: it is written down if it was not there. */
  learn(session: string, endpoint: Endpoint, isNew: boolean): void {
    if (session === '') return;
    hashText(session, this.#hash);
    const nowMs = sharedNowMs(this.#clock.nowMs);
    // Whole seconds: rather a second late than early.
    const expiresSec = sessionNowSec(nowMs + this.config.timeoutMs) + 1;
    const at = endpoint.id - this.#firstId;
    this.#sessions?.put(this.#hash, at, expiresSec, sessionNowSec(nowMs), isNew);
  }
}
