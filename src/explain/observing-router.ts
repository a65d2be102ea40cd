/** The router, telling what it finds. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Location, VirtualServer } from '#src/routing/model.ts';
import { type RoutedServer, Router } from '#src/routing/router.ts';
import type { Recorders } from './recorder.ts';

export class ObservingRouter extends Router {
  readonly #recorders: Recorders;

  constructor(servers: readonly VirtualServer[], recorders: Recorders) {
    super(servers);
    this.#recorders = recorders;
  }

  override findServer(listenKey: string, exchange: Exchange): RoutedServer | undefined {
    const found = super.findServer(listenKey, exchange);
    if (found !== undefined) {
      const all = this.servers.map(({ server }) => server);
      this.#recorders.of(exchange).onServer(exchange, all, listenKey, found);
    }
    return found;
  }

  override findWithSlash(routed: RoutedServer, exchange: Exchange): Location | undefined {
    const found = super.findWithSlash(routed, exchange);
    if (found !== undefined) {
      this.#recorders.of(exchange).onLocation(exchange, routed, exchange.request.path, found, true);
    }
    return found;
  }

  override findLocation(routed: RoutedServer, exchange: Exchange): Location {
    const { path } = exchange.request;
    this.#recorders.of(exchange); // regular expressions are tried on its behalf
    const found = super.findLocation(routed, exchange);
    this.#recorders.of(exchange).onLocation(exchange, routed, path, found, false);
    return found;
  }
}
