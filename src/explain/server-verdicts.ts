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

/** The chosen one, then the others of the address in the order of the file. */
export function serverVerdicts(
  servers: readonly VirtualServer[],
  listenKey: string,
  host: string,
  chosen: VirtualServer,
): readonly [ServerVerdict, ...ServerVerdict[]] {
  const here = servers.filter(({ listens }) => listens.some(({ key }) => key === listenKey));
  const winner = coveringName(chosen, host);
  const first = {
    server: chosen,
    because: reasonFor(chosen, winner, host, listenKey, here.length),
  };
  const others = here.filter((server) => server !== chosen);
  return [
    first,
    ...others.map((server) => ({ server, because: reasonAgainst(server, host, chosen, winner) })),
  ];
}

/** The name by which the server would take the host: as the router finds it. */
function coveringName({ names }: VirtualServer, host: string): HostName | undefined {
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
  server: VirtualServer,
  host: string,
  chosen: VirtualServer,
  winner: HostName | undefined,
): string {
  const name = coveringName(server, host);
  if (name === undefined) {
    const names = server.names.map((own) => own.name || '""');
    const listed = names.slice(0, MAX_NAMES).join(', ');
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
    return `none of its names (${listed}${more}) covers "${host}"`;
  }
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

const MAX_NAMES = 5;
