/** The file of `state`: the servers of an upstream as `server` lines, replaced as a whole. */
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatTime } from '#src/base/units.ts';
import type { SourceConfig } from '#src/upstream/endpoint/source-config.ts';
import {
  type EndpointConfig,
  type EndpointTraits,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { SteeredMember } from './steered-upstream.ts';

/** A server as the file has it. Plain data. */
export type StateServer = Pick<
  EndpointConfig,
  | 'server'
  | 'name'
  | 'weight'
  | 'maxConns'
  | 'maxFails'
  | 'failTimeoutMs'
  | 'slowStartMs'
  | 'tier'
  | 'locality'
  | 'route'
> &
  Pick<SteeredMember, 'admin'> & {
    /** It is a name that is followed: its addresses (''), or those of this service. */
    readonly resolve?: string;
  };

/**
 * Those that the configuration and the API have named; who else names servers will do so again. Names
 * that are followed (`sources`) stand there themselves: without them the next start would have nobody
 * to follow.
 */
export function stateServers(
  members: readonly SteeredMember[],
  sources: readonly SourceConfig[] = [],
): StateServer[] {
  const servers = members
    .filter(({ source }) => source === 'configuration' || source === 'api')
    .map(({ admin, config }) => ({ ...traitsOf(config), name: config.name, admin }));
  const names = sources.flatMap((source): StateServer[] => {
    if (source.kind !== 'dns') return [];
    const { server, service, traits } = source;
    const admin = traits.down ? 'down' : traits.drain ? 'drain' : 'up';
    return [{ ...traitsOf({ ...traits, server }), name: server, admin, resolve: service }];
  });
  return [...servers, ...names];
}

function traitsOf(config: EndpointTraits & Pick<EndpointConfig, 'server'>) {
  const { failTimeoutMs, locality, maxConns, maxFails, route } = config;
  const { server, slowStartMs, tier, weight } = config;
  const times = { failTimeoutMs, slowStartMs };
  return { server, weight, maxConns, maxFails, ...times, tier, locality, route };
}

/** What may stand between quotes in nginx's syntax; anything else is no name of ours. */
const SAFE = /^[^\s"'\\{};$#\p{Cc}]+$/u;

/**
 * The text of the file; nginx Plus reads it, apart from ranks of `backup` and `locality`.
 * @throws Error when a server has a name that cannot be written down
 */
export function stateText(servers: readonly StateServer[]): string {
  return servers.map((server) => `${lineOf(server)};\n`).join('');
}

function lineOf(server: StateServer): string {
  const usual = USUAL_TRAITS;
  const words = ['server', server.name];
  const add = (word: string, isUsual: boolean) => {
    if (!isUsual) words.push(word);
  };
  add(`weight=${server.weight}`, server.weight === usual.weight);
  add(`max_conns=${server.maxConns}`, server.maxConns === usual.maxConns);
  add(`max_fails=${server.maxFails}`, server.maxFails === usual.maxFails);
  const failTimeout = formatTime(server.failTimeoutMs);
  add(`fail_timeout=${failTimeout}`, server.failTimeoutMs === usual.failTimeoutMs);
  const slowStart = formatTime(server.slowStartMs);
  add(`slow_start=${slowStart}`, server.slowStartMs === usual.slowStartMs);
  add(`route=${server.route}`, server.route === usual.route);
  add(`locality=${server.locality}`, server.locality === usual.locality);
  add(server.tier === 1 ? 'backup' : `backup=${server.tier}`, server.tier === 0);
  add(server.admin, server.admin === 'up');
  add(`service=${server.resolve}`, (server.resolve ?? '') === '');
  add('resolve', server.resolve === undefined);
  const odd = words.find((word) => !SAFE.test(word));
  if (odd !== undefined) throw new Error(`"${odd}" cannot be written to a configuration file`);
  return words.join(' ');
}

/**
 * Replaces the file: whoever reads it finds the old one or the new one, also after a power cut.
 * @throws Error of node:fs; the old file is then as it was
 */
export function writeStateFile(path: string, servers: readonly StateServer[]): void {
  const text = stateText(servers);
  const beside = `${path}.new`;
  try {
    const file = openSync(beside, 'w', 0o644);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    removeQuietly(beside);
    throw error;
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not even created.
  }
}
