/** A server of an upstream as JSON: what the API shows, and what it is sent. */
import { isIP } from 'node:net';
import { formatAddress, parseAddress } from '#src/base/address.ts';
import { formatTime, parseTime } from '#src/base/units.ts';
import { type EndpointConfig, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import { type ApiAnswer, errorAnswer } from './api-answer.ts';
import type { MemberChanges, SteeredMember } from './steered-upstream.ts';

/** Of `NginxHTTPUpstreamConfServer`: `drain` is there only while it is true. */
export function serverObject({ config, admin }: SteeredMember, id: number) {
  return {
    id,
    server: config.name,
    weight: config.weight,
    max_conns: config.maxConns,
    max_fails: config.maxFails,
    fail_timeout: formatTime(config.failTimeoutMs),
    slow_start: formatTime(config.slowStartMs),
    route: config.route,
    backup: config.tier > 0,
    down: admin === 'down',
    ...(admin === 'drain' ? { drain: true } : {}),
  };
}

/** What a body asks for; only what it names. */
export interface AskedServer {
  readonly server?: string;
  readonly backup?: boolean;
  readonly changes: MemberChanges;
}

/** Longest name of a server for `sticky`, as in nginx. */
const MAX_ROUTE = 32;
const ROUTE_SIGNS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const MAX_COUNT = 2 ** 31 - 1;

type Draft = { -readonly [Key in keyof MemberChanges]: MemberChanges[Key] };

interface Asked {
  server?: string;
  backup?: boolean;
  down?: boolean;
  drain?: boolean;
  readonly changes: Draft;
}

/** Reads one parameter into `asked`; what is wrong with it otherwise. */
type Reader = (value: unknown, asked: Asked) => ApiAnswer | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  server: (value, asked) => {
    if (typeof value !== 'string') return badFormat('server');
    asked.server = value;
    return undefined;
  },
  weight: count('weight', 'UpstreamBadWeight', 1, (changes, n) => {
    changes.weight = n;
  }),
  max_conns: count('max_conns', 'UpstreamBadMaxConns', 0, (changes, n) => {
    changes.maxConns = n;
  }),
  max_fails: count('max_fails', 'UpstreamBadMaxFails', 0, (changes, n) => {
    changes.maxFails = n;
  }),
  fail_timeout: duration('fail_timeout', 'UpstreamBadFailTimeout', (changes, ms) => {
    changes.failTimeoutMs = ms;
  }),
  slow_start: duration('slow_start', 'UpstreamBadSlowStart', (changes, ms) => {
    changes.slowStartMs = ms;
  }),
  route: (value, { changes }) => {
    if (typeof value !== 'string') return badFormat('route');
    if (value.length > MAX_ROUTE) return bad('UpstreamBadRoute', 'route is too long');
    if (!ROUTE_SIGNS.test(value)) {
      return bad('UpstreamBadRoute', 'route has signs that cannot stand in a cookie');
    }
    changes.route = value;
    return undefined;
  },
  backup: truth('backup'),
  down: truth('down'),
  drain: truth('drain'),
};

/** Reads a body; an answer says what is wrong with it. */
export function readServer(body: string): AskedServer | ApiAnswer {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    return errorAnswer(415, 'JsonError', `JSON error: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return errorAnswer(415, 'JsonError', 'JSON error: an object is expected');
  }
  const asked: Asked = { changes: {} };
  for (const [name, given] of Object.entries(value)) {
    if (typeof given === 'object' && given !== null) {
      return bad('UpstreamConfFormatError', `nested object or list in "${name}"`);
    }
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read === undefined) return bad('UpstreamConfFormatError', `unknown parameter "${name}"`);
    const problem = read(given, asked);
    if (problem !== undefined) return problem;
  }
  const { server, backup, down, drain, changes } = asked;
  if (down !== undefined || drain !== undefined) {
    changes.admin = down === true ? 'down' : drain === true ? 'drain' : 'up';
  }
  return {
    ...(server === undefined ? {} : { server }),
    ...(backup === undefined ? {} : { backup }),
    changes,
  };
}

/** The endpoint that a POST describes; an answer says what is wrong with its address. */
export function newEndpoint({ server, backup, changes }: AskedServer): EndpointConfig | ApiAnswer {
  if (server === undefined) return bad('UpstreamConfFormatError', 'missing "server" argument');
  const address = parseAddress(server, 80);
  if (address === undefined) {
    const text = `invalid "server" argument "${server}": write IP:port, [IPv6]:port or unix:/path`;
    return bad('UpstreamBadAddress', text);
  }
  if (address.kind === 'tcp' && isIP(address.host) === 0) {
    const text =
      `${address.host} is not resolved: names are not built yet here, write an address, or ` +
      `"server ${address.host} resolve" into the configuration`;
    return bad('UpstreamConfNoResolver', text);
  }
  const { admin: _, ...traits } = changes;
  return {
    ...USUAL_TRAITS,
    ...traits,
    address,
    name: formatAddress(address),
    server,
    tier: backup === true ? 1 : 0,
    place: { file: 'API', line: 0, column: 0 },
  };
}

/** An error of status 400. */
export function bad(code: string, text: string): ApiAnswer {
  return errorAnswer(400, code, text);
}

function badFormat(name: string): ApiAnswer {
  return bad('UpstreamConfFormatError', `invalid "${name}" value`);
}

function count(
  name: string,
  code: string,
  least: number,
  keep: (changes: Draft, value: number) => void,
): Reader {
  return (value, { changes }) => {
    if (typeof value !== 'number') return badFormat(name);
    if (!Number.isInteger(value) || value < least || value > MAX_COUNT) {
      return bad(code, `invalid "${name}": ${value}`);
    }
    keep(changes, value);
    return undefined;
  };
}

function duration(name: string, code: string, keep: (changes: Draft, ms: number) => void): Reader {
  return (value, { changes }) => {
    if (typeof value !== 'string') return badFormat(name);
    const ms = parseTime(value);
    if (ms === undefined || ms > MAX_COUNT) return bad(code, `invalid "${name}": "${value}"`);
    keep(changes, ms);
    return undefined;
  };
}

function truth(name: 'backup' | 'down' | 'drain'): Reader {
  return (value, asked) => {
    if (typeof value !== 'boolean') return badFormat(name);
    asked[name] = value;
    return undefined;
  };
}
