/**
 * A virtual server that exchanges are asked about: beside the one that serves, a copy of it whose parts
 * report when they are used, with a proxy and a router of its own. Upstreams, pools, logs and functions
 * are those that serve all others.
 */

import type { AddedField } from '#src/exchange/added-fields.ts';
import type { Exchange, ExchangeLimits } from '#src/exchange/exchange.ts';
import { isTrusted } from '#src/exchange/real-ip.ts';
import { DirectiveIndex } from '#src/explain/directive-index.ts';
import { faultEvent } from '#src/explain/fault-event.ts';
import { type ChangeLocation, observedServers } from '#src/explain/observed-model.ts';
import { ObservingRouter } from '#src/explain/observing-router.ts';
import { pickEvent } from '#src/explain/pick-event.ts';
import { Proxy, type ProxyOptions } from '#src/proxy/proxy.ts';
import { type TriesWatcher, WatchedTries } from '#src/proxy/watched-tries.ts';
import type { Location, VirtualServer } from '#src/routing/model.ts';
import type { RoutedServer } from '#src/routing/router.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { addTrace } from './answer-fields.ts';
import { LiveTrace, LiveTraces } from './live-trace.ts';

/** What stands for the name and value of a field that is none itself. */
const NO_VALUE: AddedField['value'] = { constant: '', isOfConnection: true, evaluate: () => '' };

export class LiveServer {
  readonly #proxy: Proxy;
  readonly #traces: LiveTraces;
  readonly #index: DirectiveIndex;

  /** `nodes`: what is written of it, and around it. `all`: the servers of the configuration. */
  constructor(
    server: VirtualServer,
    all: readonly VirtualServer[],
    nodes: readonly ConfigNode[],
    options: ProxyOptions,
  ) {
    const index = new DirectiveIndex(nodes);
    const traces = new LiveTraces(index);
    this.#index = index;
    this.#traces = traces;
    const telling: ChangeLocation = (location) => ({ client: this.#telling(location) });
    const [observed = server] = observedServers([server], index, traces, telling);
    const others = all.map((one) => (one === server ? observed : one));
    this.#proxy = new Proxy({
      ...options,
      servers: [observed],
      router: new OneServerRouter(observed, others, traces),
      makeTries: () => new WatchedTries(this.#watcher(options)),
      watchFaults: (exchange, rule, verdict) => {
        const recorder = traces.traceOf(exchange)?.recorder;
        recorder?.add(faultEvent(recorder.written(rule.place), rule, verdict));
      },
      onAttemptFailed: (exchange, failure, endpoint) => {
        const trace = traces.traceOf(exchange);
        if (trace !== undefined && endpoint !== '') trace.failure = failure;
        options.onAttemptFailed(exchange, failure, endpoint);
      },
    });
  }

  serve(exchange: Exchange, listenKey: string): void {
    this.#traces.begin(exchange, new LiveTrace(listenKey, this.#index));
    this.#proxy.serve(exchange, listenKey);
  }

  #watcher({ clock }: ProxyOptions): TriesWatcher {
    const traces = this.#traces;
    return {
      nowMs: () => clock.refresh(),
      onPick: (exchange, upstream, account) => {
        traces.traceOf(exchange)?.recorder.add(pickEvent(upstream, account));
      },
      onTry: (exchange, endpoint, status, tookMs) => {
        traces.traceOf(exchange)?.onTry({ endpoint, status, tookMs });
      },
    };
  }

  /** Answers tell what was written down, to whom the location trusts. */
  #telling({ client, explain }: Location): Location['client'] {
    const { addedFields = [] }: ExchangeLimits = client;
    const tell = (exchange: Exchange): boolean => {
      const trace = this.#traces.end(exchange);
      if (trace !== undefined && explain !== undefined && isTrusted(exchange, explain)) {
        addTrace(exchange, trace.listenKey, trace.recorder.events);
      }
      return true;
    };
    const field = { name: '', value: NO_VALUE, always: true, edit: tell };
    const own: ExchangeLimits = { ...client, addedFields: [...addedFields, field] };
    return { ...client, ...own };
  }
}

/** Which server it is was found before; it is told as if it were found now. */
class OneServerRouter extends ObservingRouter {
  readonly #others: readonly VirtualServer[];
  readonly #traces: LiveTraces;

  constructor(server: VirtualServer, others: readonly VirtualServer[], traces: LiveTraces) {
    super([server], traces);
    this.#others = others;
    this.#traces = traces;
  }

  override findServer(listenKey: string, exchange: Exchange): RoutedServer | undefined {
    const [routed] = this.servers;
    if (routed === undefined) return undefined;
    this.#traces.of(exchange).onServer(exchange, this.#others, listenKey, routed);
    return routed;
  }
}
