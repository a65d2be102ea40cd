/** Data path. Listening address and host → virtual server → location; compiled once. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import { MapTable } from '#src/tables/map-table.ts';
import { LocationTree } from './location-tree.ts';
import type { Location, VirtualServer } from './model.ts';
import { isWild } from './server-name-argument.ts';

const NO_LOCATIONS = LocationTree.of([]);
const NONE_NAMED: ReadonlyMap<string, Location> = new Map();

/**
 * A virtual server among those that may be asked. What is in it is looked at when it is asked for the
 * first time: of thousands of servers a thread may never meet most.
 */
export class RoutedServer {
  readonly server: VirtualServer;
  /** `$server_name`: the first of its names. */
  readonly name: string;
  /** It can be asked for locations. */
  isReady = false;
  /** Ready, and nothing comes before its locations: neither rewriting nor `real_ip`. */
  isPlain = false;
  tree = NO_LOCATIONS;
  /** Named locations, by name with its "@". */
  named = NONE_NAMED;

  constructor(server: VirtualServer) {
    this.server = server;
    this.name = nameOf(server);
  }

  /** From now on it can be asked for locations. */
  makeReady(): void {
    const { fallback, locations } = this.server;
    const named = locations.filter(({ match }) => match.kind === 'named');
    this.tree = LocationTree.of(locations);
    this.named = new Map(named.map((location) => [location.match.path, location]));
    this.isPlain = fallback.realIp === undefined && fallback.rewrites === undefined;
    this.isReady = true;
  }
}

interface RoutedAddress {
  readonly fallback: RoutedServer;
  /** Exact names of all its servers, lower case; undefined when there is only the default server. */
  readonly byName: ReadonlyMap<string, RoutedServer> | undefined;
  /** All its names, when some are wildcards or regular expressions; undefined when none is. */
  readonly names: MapTable | undefined;
  /** By what `names` gives. */
  readonly found: readonly FoundName[];
}

/** What one name leads to. */
interface FoundName {
  readonly server: RoutedServer;
  readonly pattern: CapturingPattern<Exchange> | undefined;
}

export class Router {
  /** All of them, in the order of the file. */
  readonly servers: readonly RoutedServer[];
  readonly #addresses = new Map<string, RoutedAddress>();
  /** What was asked last: most threads have one address, and a look-up costs 20 ns. */
  #lastKey = '';
  #lastAddress: RoutedAddress | undefined = undefined;

  constructor(servers: readonly VirtualServer[]) {
    const routed = new Map(servers.map((server) => [server, new RoutedServer(server)]));
    this.servers = [...routed.values()];
    const keys = new Set(servers.flatMap((server) => server.listens.map(({ key }) => key)));
    for (const key of keys) this.#addresses.set(key, routeAddress(key, servers, routed));
  }

  /** Those that answer names that no other server of their address has. */
  get defaults(): readonly RoutedServer[] {
    return [...this.#addresses.values()].map(({ fallback }) => fallback);
  }

  /** The server for the host of an exchange (lower case, no port) at a listening address. */
  findServer(listenKey: string, exchange: Exchange): RoutedServer | undefined {
    if (listenKey !== this.#lastKey) {
      this.#lastKey = listenKey;
      this.#lastAddress = this.#addresses.get(listenKey);
    }
    const address = this.#lastAddress;
    if (address?.byName === undefined) return address?.fallback;
    const { host } = exchange.request;
    return address.byName.get(host) ?? findWild(address, exchange) ?? address.fallback;
  }

  /** The proxied location `/dir/` when `/dir` is asked for, which redirects to it. */
  findWithSlash({ tree }: RoutedServer, { request }: Exchange): Location | undefined {
    const { pathBytes, pathEnd, pathStart } = request;
    return tree.findWithSlash(pathBytes, pathStart, pathEnd);
  }

  /** The location of that server for the path; the server's fallback when none takes it. */
  findLocation({ server, tree }: RoutedServer, exchange: Exchange): Location {
    return tree.find(exchange) ?? server.fallback;
  }
}

/** `$server_name` of a server. */
export function nameOf({ names }: VirtualServer): string {
  return names[0]?.name.replace(/^\./, '') ?? '';
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
  const hasPatterns = here.some(({ names }) => names.some(({ pattern }) => pattern !== undefined));
  // A regular expression is asked even of the only server: its captures are variables.
  if (here.length === 1 && !hasPatterns) {
    return { fallback, byName: undefined, names: undefined, found: [] };
  }
  const byName = new Map<string, RoutedServer>();
  const names = new MapTable();
  names.useHostnames();
  const found: FoundName[] = [];
  let isPlain = true;
  for (const server of here.map((one) => routed.get(one) as RoutedServer)) {
    for (const { name, pattern } of server.server.names) {
      // nginx: of servers with the same name the first in the file has it; `.x` is a name `x`, too.
      if (pattern !== undefined) names.addPattern(pattern, found.length);
      else if (names.addKey(name, found.length) !== 'added') continue;
      else if (!isWild(name)) byName.set(name, server);
      found.push({ server, pattern });
      if (pattern !== undefined || isWild(name)) isPlain = false;
    }
  }
  return { fallback, byName, names: isPlain ? undefined : names, found };
}

function findWild({ found, names }: RoutedAddress, exchange: Exchange): RoutedServer | undefined {
  if (names === undefined) return undefined;
  const name = found[names.find(exchange.request.host)];
  if (names.captures !== undefined) name?.pattern?.keep(exchange, names.captures);
  return name?.server;
}
