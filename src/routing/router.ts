/** Data path. Listening address and host → virtual server → location; compiled once. */

import type { Exchange } from '#src/exchange/exchange.ts';
import { MapTable } from '#src/tables/map-table.ts';
import { LocationTree } from './location-tree.ts';
import type { Location, VirtualServer } from './model.ts';
import { isWild } from './server-name-argument.ts';

/** A virtual server, ready to be asked. */
export interface RoutedServer {
  readonly server: VirtualServer;
  readonly tree: LocationTree;
  /** Named locations, by name with its "@". */
  readonly named: ReadonlyMap<string, Location>;
  /** `$server_name`: the first of its names. */
  readonly name: string;
}

interface RoutedAddress {
  readonly fallback: RoutedServer;
  /** Exact names of all its servers, lower case; undefined when there is only the default server. */
  readonly byName: ReadonlyMap<string, RoutedServer> | undefined;
  /** Wildcards of all its servers, by index in `servers`; undefined when there are none. */
  readonly wildcards: MapTable | undefined;
  readonly servers: readonly RoutedServer[];
}

export class Router {
  /** All of them, in the order of the file. */
  readonly servers: readonly RoutedServer[];
  readonly #addresses = new Map<string, RoutedAddress>();
  /** What was asked last: most threads have one address, and a look-up costs 20 ns. */
  #lastKey = '';
  #lastAddress: RoutedAddress | undefined = undefined;

  constructor(servers: readonly VirtualServer[]) {
    const routed = new Map(servers.map((server) => [server, routeServer(server)]));
    this.servers = [...routed.values()];
    const keys = new Set(servers.flatMap((server) => server.listens.map(({ key }) => key)));
    for (const key of keys) this.#addresses.set(key, routeAddress(key, servers, routed));
  }

  /** The server for a host (lower case, no port) at a listening address. */
  findServer(listenKey: string, host: string): RoutedServer | undefined {
    if (listenKey !== this.#lastKey) {
      this.#lastKey = listenKey;
      this.#lastAddress = this.#addresses.get(listenKey);
    }
    const address = this.#lastAddress;
    if (address?.byName === undefined) return address?.fallback;
    return address.byName.get(host) ?? findWild(address, host) ?? address.fallback;
  }

  /** The location of that server for the path; the server's fallback when none takes it. */
  findLocation({ server, tree }: RoutedServer, exchange: Exchange): Location {
    return tree.find(exchange) ?? server.fallback;
  }
}

function routeServer(server: VirtualServer): RoutedServer {
  const named = server.locations.filter(({ match }) => match.kind === 'named');
  return {
    server,
    tree: LocationTree.of(server.locations),
    named: new Map(named.map((location) => [location.match.path, location])),
    name: server.names[0] ?? '',
  };
}

function routeAddress(
  key: string,
  servers: readonly VirtualServer[],
  routed: ReadonlyMap<VirtualServer, RoutedServer>,
): RoutedAddress {
  const here = servers.filter((server) => server.listens.some((listen) => listen.key === key));
  const isDefault = (server: VirtualServer): boolean =>
    server.listens.some((listen) => listen.key === key && listen.isDefault);
  const first = here.find(isDefault) ?? here[0];
  const fallback = first === undefined ? undefined : routed.get(first);
  if (fallback === undefined) throw new Error(`no server listens on ${key}`);
  if (here.length === 1) {
    return { fallback, byName: undefined, wildcards: undefined, servers: [] };
  }
  const byName = new Map<string, RoutedServer>();
  const names = new MapTable();
  names.useHostnames();
  let hasWildcards = false;
  const entries = here.map((server) => routed.get(server) as RoutedServer);
  for (const [index, entry] of entries.entries()) {
    for (const name of entry.server.names) {
      // nginx: of servers with the same name the first in the file has it; `.x` is a name `x`, too.
      if (names.addKey(name, index) !== 'added') continue;
      if (isWild(name)) hasWildcards = true;
      else byName.set(name, entry);
    }
  }
  return {
    fallback,
    byName,
    wildcards: hasWildcards ? names : undefined,
    servers: entries,
  };
}

function findWild({ servers, wildcards }: RoutedAddress, host: string): RoutedServer | undefined {
  return wildcards === undefined ? undefined : servers[wildcards.find(host)];
}
