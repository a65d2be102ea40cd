/**
 * Data path. What whoever picks an endpoint may ask of the exchange that is to go there, its place in
 * the queue of the upstream, and what `sticky` learns of its answer. Tries are built on it.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { Sticky } from '#src/upstream/sticky.ts';
import type { PickContext } from '#src/upstream/tier.ts';
import type { NoPickFailure, Upstream } from '#src/upstream/upstream.ts';
import { type QueueClient, QueuePlace } from '#src/upstream/upstream-queue.ts';
import { stickySessionOf } from './sticky-session.ts';

export class TryContext implements PickContext {
  /** Where the exchange goes; undefined until that was found. Others only read it. */
  upstream: Upstream | undefined = undefined;
  protected exchange: Exchange | undefined = undefined;
  /** The endpoint that has the exchange now. */
  endpoint: Endpoint | undefined = undefined;
  /** Those that had it before. */
  protected readonly tried: Endpoint[] = [];
  /** Made when it waits for the first time. */
  #place: QueuePlace | undefined = undefined;

  // ---- PickContext -----------------------------------------------------------------------------

  hasTried(endpoint: Endpoint): boolean {
    return this.tried.includes(endpoint);
  }

  nextTurn(): number {
    const upstream = this.upstream as Upstream;
    return this.tried.length === 0 ? upstream.nextTurn() : upstream.nextRetryTurn();
  }

  key(): string {
    const { key } = (this.upstream as Upstream).config.policy;
    return key === null ? '' : key.evaluate(this.exchange as Exchange);
  }

  get isRetry(): boolean {
    return this.tried.length > 0;
  }

  priority(): string {
    const priority = (this.upstream as Upstream).config.queue?.priority;
    return priority?.evaluate(this.exchange as Exchange) ?? '';
  }

  session(): string {
    const { sticky } = (this.upstream as Upstream).config;
    return sticky === null ? '' : stickySessionOf(sticky).broughtBy(this.exchange as Exchange);
  }

  // ---- Waiting ---------------------------------------------------------------------------------

  /** `pick` found none: it waits, and `client` is told later (undefined), or is answered so. */
  wait(client: QueueClient): NoPickFailure | undefined {
    this.#place ??= new QueuePlace(client, this);
    return (this.upstream as Upstream).wait(this.#place);
  }

  /** It has waited until now. */
  noteWaited(nowMs: number): void {
    (this.exchange as Exchange).upstreamQueueMs = nowMs - (this.#place?.sinceMs ?? nowMs);
  }

  /** It waits no longer, if it did. */
  stopWaiting(nowMs: number): void {
    const queue = this.#place?.queue;
    if (queue === undefined) return;
    this.noteWaited(nowMs);
    queue.leave(this.#place as QueuePlace);
  }

  // ---- Stickiness ------------------------------------------------------------------------------

  /** The head of an answer is complete: where there is `sticky`, it tells or teaches the endpoint. */
  noteHead(exchange: Exchange): void {
    const sticky = this.upstream?.sticky;
    if (sticky === undefined || this.endpoint === undefined) return;
    const { cookie, learnsFromHead } = sticky.config;
    if (cookie !== null) {
      stickySessionOf(sticky.config).addCookie(exchange, sticky.idOf(this.endpoint), Date.now());
    } else if (learnsFromHead) this.#learn(sticky, this.endpoint, exchange);
  }

  /** The answer is complete. */
  noteEnd(exchange: Exchange): void {
    const sticky = this.upstream?.sticky;
    if (sticky === undefined || this.endpoint === undefined) return;
    const { learnsFromHead, zone } = sticky.config;
    if (zone !== null && !learnsFromHead) this.#learn(sticky, this.endpoint, exchange);
  }

  /** A session that the answer begins; else the one of the request goes on. */
  #learn(sticky: Sticky, endpoint: Endpoint, exchange: Exchange): void {
    const session = stickySessionOf(sticky.config);
    const begun = session.begunBy(exchange);
    if (begun !== '') sticky.learn(begun, endpoint, true);
    else sticky.learn(session.broughtBy(exchange), endpoint, false);
  }
}
