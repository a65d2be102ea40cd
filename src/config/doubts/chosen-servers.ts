/** Which server answers for whom: those that are never chosen, and those chosen by accident. */
import { formatAddress } from '#src/base/address.ts';
import { type ListenArgument, listenDirectives } from '#src/listeners/http/directives.ts';
import { routingBlocks, serverDirectives } from '#src/routing/directives.ts';
import type { ServerName } from '#src/routing/server-name-argument.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import { lineOf } from './level.ts';

interface ServerAt {
  readonly node: ConfigNode;
  readonly names: readonly NameAt[];
  readonly isDefault: boolean;
}

interface NameAt {
  readonly name: string;
  readonly place: Place;
}

/** Looks at all servers of each address. */
export function doubtServers(http: Scope, problems: Problems): void {
  for (const [address, servers] of byAddress(http, problems)) {
    if (servers.length < 2) continue;
    doubtNameless(address, servers, problems);
    doubtRegexNames(address, servers, problems);
  }
}

function byAddress(http: Scope, problems: Problems): Map<string, ServerAt[]> {
  const all = new Map<string, ServerAt[]>();
  const add = (address: string, server: ServerAt): void => {
    const known = all.get(address);
    if (known === undefined) all.set(address, [server]);
    else known.push(server);
  };
  for (const node of http.own(routingBlocks.server.name)) {
    if (node.block === undefined) continue;
    const scope = http.inside('server', node);
    const names = namesOf(scope, problems);
    const listens = scope.occurrences(listenDirectives.listens);
    // Without any it listens on one address for all of them.
    if (listens.length === 0) add('the standard address', { node, names, isDefault: false });
    for (const listen of listens) {
      const read = parseNode<ListenArgument>(listenDirectives.listens, listen, scope, problems);
      for (const address of read?.addresses ?? []) {
        add(formatAddress(address), { node, names, isDefault: read?.isDefault === true });
      }
    }
  }
  return all;
}

function namesOf(server: Scope, problems: Problems): NameAt[] {
  return server.occurrences(serverDirectives.names).flatMap((node) => {
    const names = parseNode<readonly ServerName[]>(serverDirectives.names, node, server, problems);
    return (names ?? []).map(({ name, word }) => ({ name, place: placeOfWord(node, word) }));
  });
}

/** A server that is not the default and has no name answers only requests without `Host`. */
function doubtNameless(address: string, servers: readonly ServerAt[], problems: Problems): void {
  const chosen = servers.find(({ isDefault }) => isDefault) ?? servers[0];
  const [server, second] = servers.filter(({ names }) => names.length === 0);
  // Of two without names the second is told of as a conflict of the name "".
  if (server !== undefined && second === undefined && chosen !== undefined && server !== chosen) {
    const where = lineOf(chosen.node, server.node);
    const message = `this server is never chosen for a host: it has no "server_name", and the default of ${address} is the server in ${where}`;
    problems.warn(server.node, message, 'give it a "server_name", or "default_server" in "listen"');
  }
}

/** The same regular expression twice: the first one of the file wins. */
function doubtRegexNames(address: string, servers: readonly ServerAt[], problems: Problems): void {
  const firsts = new Map<string, Place>();
  for (const { name, place } of servers.flatMap(({ names }) => names)) {
    if (!name.startsWith('~')) continue;
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, place);
    } else {
      const message = `conflicting server name "${name}" on ${address}, ignored`;
      problems.warn(place, message, `the first is in ${lineOf(first, place)}`);
    }
  }
}
