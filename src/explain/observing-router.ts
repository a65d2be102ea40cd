/** The router, telling what it finds. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Location, VirtualServer } from '#src/routing/model.ts';
import { type RoutedServer, Router } from '#src/routing/router.ts';
import type { Recorder } from './recorder.ts';

export class ObservingRouter extends Router {
  readonly #recorder: Recorder;

  constructor(servers: readonly VirtualServer[], recorder: Recorder) {
    super(servers);
    this.#recorder = recorder;
  }

  override findServer(listenKey: string, exchange: Exchange): RoutedServer | undefined {
    const found = super.findServer(listenKey, exchange);
    if (found !== undefined) {
      const all = this.servers.map(({ server }) => server);
      this.#recorder.onServer(exchange, all, listenKey, found);
    }
    return found;
  }

  override findLocation(routed: RoutedServer, exchange: Exchange): Location {
    const { request } = exchange;
    const path = request.path;
    const found = super.findLocation(routed, exchange);
    const { pathBytes, pathEnd, pathStart } = request;
    const lacksSlash = routed.tree.wantsSlash(pathBytes, pathStart, pathEnd);
    this.#recorder.onLocation(exchange, routed, path, found, lacksSlash);
    return found;
  }
}
