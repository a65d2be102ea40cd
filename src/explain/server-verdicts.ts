/** Why a virtual server answers a host at an address, and why the others there do not. */

import type { HostName, VirtualServer } from '#src/routing/model.ts';
import { isWild } from '#src/routing/server-name-argument.ts';
import { MapTable, NO_RESULT } from '#src/tables/map-table.ts';

/** A server with the reason. */
export interface ServerVerdict {
  readonly server: VirtualServer;
  readonly because: string;
}

/** How the name of a server covers a host, the strongest first. */
const STRENGTHS = ['exact', 'head', 'tail', 'regex'] as const;
type Strength = (typeof STRENGTHS)[number];

const WORDS: Readonly<Record<Strength, string>> = {
  exact: 'exact name',
  head: 'wildcard',
  tail: 'wildcard',
  regex: 'regular expression',
};

/** What a look-up has come to. */
export interface ServerVerdicts {
  readonly chosen: ServerVerdict;
  /** Others of the address that have a name for the host, in the order of the file. */
  readonly others: readonly ServerVerdict[];
  /** Those that have none: the first, and how many there are. */
  readonly unlike: readonly ServerVerdict[];
  readonly unlikeCount: number;
}

/** Servers that have no name for the host: so many are named. */
const MAX_UNLIKE = 5;
/** Names of a server: so many are told. */
const MAX_NAMES = 5;

/** Of all servers of the configuration, about a host at a listening address. */
export function serverVerdicts(
  servers: readonly VirtualServer[],
  listenKey: string,
  host: string,
  chosen: VirtualServer,
): ServerVerdicts {
  const here = servers.filter(({ listens }) => listens.some(({ key }) => key === listenKey));
  const winner = coveringName(chosen, host);
  const rest = here
    .filter((server) => server !== chosen)
    .map((server) => ({ server, name: coveringName(server, host) }));
  const unlike = rest.filter(({ name }) => name === undefined);
  return {
    chosen: { server: chosen, because: reasonFor(chosen, winner, host, listenKey, here.length) },
    others: rest.flatMap(({ name, server }) => {
      if (name === undefined) return [];
      return [{ server, because: reasonAgainst(name, host, chosen, winner) }];
    }),
    unlike: unlike.slice(0, MAX_UNLIKE).map(({ server }) => {
      return { server, because: `none of its names covers "${host}": ${listed(server)}` };
    }),
    unlikeCount: unlike.length,
  };
}

function listed({ names }: VirtualServer): string {
  const shown = names.slice(0, MAX_NAMES).map(({ name }) => name || '""');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${shown.join(', ')}${more}`;
}

/** The name by which the server would take the host: as the router finds it. */
function coveringName({ names }: VirtualServer, host: string): HostName | undefined {
  // Thousands of servers with one name each need no table.
  const isPlain = names.every(({ name, pattern }) => pattern === undefined && !isWild(name));
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  if (isPlain) return names.find(({ name }) => name === host || name === bare);
  const table = new MapTable();
  table.useHostnames();
  names.forEach(({ name, pattern }, at) => {
    if (pattern === undefined) table.addKey(name, at);
    else table.addPattern(pattern, at);
  });
  const at = table.find(host);
  return at === NO_RESULT ? undefined : names[at];
}

function strengthOf({ name, pattern }: HostName, host: string): Strength {
  if (pattern !== undefined) return 'regex';
  if (name.endsWith('.*')) return 'tail';
  return isWild(name) && name.slice(1) !== host ? 'head' : 'exact';
}

function reasonFor(
  { listens }: VirtualServer,
  winner: HostName | undefined,
  host: string,
  listenKey: string,
  count: number,
): string {
  if (winner !== undefined) {
    if (winner.name === '') return 'the request names no host';
    return `its ${WORDS[strengthOf(winner, host)]} "${winner.name}" covers "${host}"`;
  }
  if (count === 1) return `it is the only server on ${listenKey}`;
  const isDefault = listens.some(({ key, isDefault }) => key === listenKey && isDefault);
  return `no name covers "${host}": it is the ${isDefault ? 'default' : 'first'} server of ${listenKey}`;
}

function reasonAgainst(
  name: HostName,
  host: string,
  chosen: VirtualServer,
  winner: HostName | undefined,
): string {
  if (winner === undefined) return `"${name.name}" would cover "${host}", and is another server's`;
  const [own, better] = [strengthOf(name, host), strengthOf(winner, host)];
  const strength = (one: Strength) => STRENGTHS.indexOf(one);
  if (strength(own) > strength(better)) {
    const stronger = `the ${WORDS[better]} "${winner.name}" comes first`;
    return `its ${WORDS[own]} "${name.name}" covers it, too, but ${stronger}`;
  }
  if (own === 'regex') return `"${name.name}" is behind "${winner.name}", the first that matches`;
  if (name.name !== winner.name) return `"${name.name}" is shorter than "${winner.name}"`;
  return `another server had "${name.name}" before (${chosen.place.file}:${chosen.place.line})`;
}
