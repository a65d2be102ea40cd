/** What a generation's main thread has for whoever looks at its upstreams, or steers them. */
import type { ApiAnswer, ApiRequest } from '#src/admin/api-answer.ts';
import { LiveUpstream } from '#src/admin/live-upstream.ts';
import { PlusApi } from '#src/admin/plus-api.ts';
import { WATCH_INTERVAL_MS } from '#src/admin/state-watch.ts';
import { EndpointEvents } from '#src/shared/endpoint-events.ts';
import type { Facts } from '#src/shared/facts.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import type { Outline } from './messages.ts';

/** The API of this generation, and the watch over its endpoints. */
export class Steering {
  readonly #api: PlusApi;

  constructor(outline: Outline, { endpoints, rows }: SharedState, facts: () => Facts) {
    const events = new EndpointEvents();
    const upstreams = outline.named.map((named) => {
      return new LiveUpstream(named, endpoints, events, undefined);
    });
    this.#api = new PlusApi({ rows, facts, address: outline.firstListen, upstreams });
    if (upstreams.length === 0) return;
    setInterval(() => {
      const nowMs = Date.now();
      for (const upstream of upstreams) upstream.look(nowMs);
    }, WATCH_INTERVAL_MS);
  }

  answer(request: ApiRequest): ApiAnswer {
    return this.#api.answer(request);
  }
}
