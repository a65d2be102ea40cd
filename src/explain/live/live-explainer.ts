/**
 * `explain on`: a client that is trusted and asks is told what became of its request. Whoever does not
 * ask costs one look-up of a known field; whoever asks and is not trusted is served as if he had not.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { isTrusted } from '#src/exchange/real-ip.ts';
import { F_X_WEIR_EXPLAIN } from '#src/http/field-names.ts';
import type { ProxyOptions } from '#src/proxy/proxy.ts';
import type { VirtualServer } from '#src/routing/model.ts';
import type { RoutedServer, Router } from '#src/routing/router.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import type { MakeExplainer, Serve } from '#src/server/server.ts';
import type { TrustedProxies } from '#src/tables/geo-table.ts';
import { LiveServer } from './live-server.ts';

/** What is written of a server, and around it: texts are looked up there. */
export type NodesOf = (server: VirtualServer) => readonly ConfigNode[];

/** For a Server whose model `explains`. */
export function liveExplainer(nodesOf: NodesOf): MakeExplainer {
  return (proxy, options) => {
    const plain: Serve = (exchange, listenKey) => proxy.serve(exchange, listenKey);
    const asked = new AskedServers(proxy.router, options, nodesOf);
    return (exchange, listenKey) => {
      const { fields } = exchange.request;
      if (fields.countOf(F_X_WEIR_EXPLAIN) === 0) plain(exchange, listenKey);
      else (asked.find(exchange, listenKey) ?? proxy).serve(exchange, listenKey);
    };
  };
}

class AskedServers {
  readonly #router: Router;
  readonly #options: ProxyOptions;
  readonly #nodesOf: NodesOf;
  /** Whom the locations of a server trust. */
  readonly #trusted = new Map<RoutedServer, readonly TrustedProxies[]>();
  readonly #live = new Map<RoutedServer, LiveServer>();

  constructor(router: Router, options: ProxyOptions, nodesOf: NodesOf) {
    this.#router = router;
    this.#options = options;
    this.#nodesOf = nodesOf;
  }

  /** Undefined: it is served as any other. */
  find(exchange: Exchange, listenKey: string): LiveServer | undefined {
    if (exchange.request.fields.get(F_X_WEIR_EXPLAIN) !== '1') return undefined;
    const routed = this.#router.findServer(listenKey, exchange);
    if (routed === undefined) return undefined;
    const trusted = this.#trustedBy(routed);
    if (trusted.length === 0) return undefined;
    routed.server.fallback.realIp?.apply(exchange);
    if (!trusted.some((some) => isTrusted(exchange, some))) return undefined;
    const known = this.#live.get(routed) ?? this.#make(routed);
    this.#live.set(routed, known);
    return known;
  }

  #trustedBy(routed: RoutedServer): readonly TrustedProxies[] {
    const known = this.#trusted.get(routed);
    if (known !== undefined) return known;
    const { conditional, fallback, locations } = routed.server;
    const all = [...locations, ...conditional, fallback].flatMap(({ explain }) => explain ?? []);
    const trusted = [...new Set(all)];
    this.#trusted.set(routed, trusted);
    return trusted;
  }

  #make({ server }: RoutedServer): LiveServer {
    const all = this.#router.servers.map((one) => one.server);
    return new LiveServer(server, all, this.#nodesOf(server), this.#options);
  }
}
