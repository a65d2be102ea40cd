/** Tries that are written down, for exchanges that somebody asks about. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PickAccount } from '#src/upstream/pick-account.ts';
import type { Pool } from '#src/upstream/pool/pool.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import { type LostTry, Tries } from './tries.ts';

/** Who writes them down. */
export interface TriesWatcher {
  readonly nowMs: () => number;
  /** An endpoint was picked, or none could be. */
  onPick(exchange: Exchange, upstream: UpstreamConfig, account: PickAccount): void;
  /** A try is over, or has brought the head of an answer. `status` as in `$upstream_status`. */
  onTry(exchange: Exchange, endpoint: string, status: string, tookMs: number): void;
}

export class WatchedTries extends Tries {
  readonly #watcher: TriesWatcher;
  #exchange: Exchange | undefined = undefined;
  #name = '';

  constructor(watcher: TriesWatcher) {
    super();
    this.#watcher = watcher;
  }

  override begin(upstream: Upstream | undefined, exchange: Exchange): void {
    this.#exchange = exchange;
    super.begin(upstream, exchange);
  }

  override reset(): void {
    this.#exchange = undefined;
    this.#name = '';
    super.reset();
  }

  protected override choose(upstream: Upstream): Endpoint | undefined {
    return upstream.pickWatched(this, (account) => {
      if (this.#exchange === undefined) return;
      this.#watcher.onPick(this.#exchange, upstream.config, account);
    });
  }

  override start(exchange: Exchange, endpoint: Endpoint, nowMs: number): Pool {
    this.#name = endpoint.config.name;
    return super.start(exchange, endpoint, nowMs);
  }

  override goOnBeside(exchange: Exchange, endpoint: Endpoint, startedAtMs: number): void {
    this.#name = endpoint.config.name;
    super.goOnBeside(exchange, endpoint, startedAtMs);
  }

  /** It notes its status, too. */
  override noteLost(exchange: Exchange, lost: LostTry): void {
    const name = this.#name;
    this.#name = ''; // that note is not of the try in progress
    super.noteLost(exchange, lost);
    this.#name = name;
    this.#watcher.onTry(exchange, lost.endpoint.config.name, lost.status, lost.tookMs);
  }

  override noteStatus(exchange: Exchange, status: string): void {
    super.noteStatus(exchange, status);
    if (this.#name === '') return;
    const tookMs = this.sinceStart(this.#watcher.nowMs());
    this.#watcher.onTry(exchange, this.#name, status, tookMs);
  }
}
