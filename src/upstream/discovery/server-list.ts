/**
 * Lists of servers as files, HTTP and functions give them → endpoints. An entry is what stands in a
 * `server` line, as a text or as an object of its parameters; one that means nothing is named and
 * left out, the others are taken.
 */
import { isIP } from 'node:net';
import { formatAddress, parseAddress } from '#src/base/address.ts';
import { type Place, Problems } from '#src/schema/problem.ts';
import type { Word } from '#src/schema/tree.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { parseServer } from '#src/upstream/server-argument.ts';

/** One server as an object; names of parameters also as in nginx.conf (`max_conns`). */
export interface ServerEntry {
  /** `10.0.0.1:80`, `[::1]:80` or `unix:/path`; port 80 when none is given. */
  readonly server: string;
  readonly weight?: number | undefined;
  readonly maxConns?: number | undefined;
  readonly maxFails?: number | undefined;
  /** As in nginx.conf: `10s`. */
  readonly failTimeout?: string | undefined;
  readonly slowStart?: string | undefined;
  readonly locality?: string | undefined;
  readonly route?: string | undefined;
  readonly backup?: boolean | number | undefined;
  readonly down?: boolean | undefined;
  readonly drain?: boolean | undefined;
}

/**
 * What a source gives: servers; as an object also `empty: true`, which confirms that there are
 * none. Without it a list without servers is taken for a mistake.
 */
export type ServerList =
  | readonly (string | ServerEntry)[]
  | { readonly servers: readonly (string | ServerEntry)[]; readonly empty?: boolean | undefined };

/** A list that was read. */
export interface ReadList {
  readonly endpoints: readonly EndpointConfig[];
  /** It says itself that there are none. */
  readonly isConfirmed: boolean;
  /** What was left out, in words. */
  readonly faults: readonly string[];
}

/** Entries of one list; more are left out. */
export const MAX_ENTRIES = 10_000;
const MAX_ENTRY_CHARS = 1_000;
const DEFAULT_PORT = 80;
const CONFIRMED_EMPTY = 'empty';

/** Reads the text of a file or response: JSON, or a line for each server. Throws SyntaxError. */
export function readListText(text: string, place: Place): ReadList {
  if (/^\s*[[{]/.test(text)) return readList(JSON.parse(text), place);
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim().replace(/\s*;$/, ''))
    .filter((line) => line !== '');
  const servers = lines.filter((line) => line !== CONFIRMED_EMPTY);
  return readList({ servers, empty: servers.length < lines.length }, place);
}

/** Reads a list; @throws SyntaxError when it is none. */
export function readList(value: unknown, place: Place): ReadList {
  const { empty, servers } = isFields(value) ? value : { empty: false, servers: value };
  if (!Array.isArray(servers)) {
    throw new SyntaxError('it is neither a list of servers nor an object with "servers"');
  }
  const faults: string[] = [];
  if (servers.length > MAX_ENTRIES) faults.push(`all behind the first ${MAX_ENTRIES} servers`);
  const endpoints = new Map<string, EndpointConfig>();
  for (const entry of servers.slice(0, MAX_ENTRIES) as unknown[]) {
    const read = readEntry(entry, place);
    if (typeof read === 'string') faults.push(read);
    else if (endpoints.has(read.name)) faults.push(`${read.name} is named twice`);
    else endpoints.set(read.name, read);
  }
  const isConfirmed = empty === true && servers.length === 0;
  return { endpoints: [...endpoints.values()], isConfirmed, faults };
}

/** An endpoint, or what is wrong with the entry. */
function readEntry(entry: unknown, place: Place): EndpointConfig | string {
  const texts = typeof entry === 'string' ? wordsOfText(entry) : wordsOfFields(entry);
  if (typeof texts === 'string') return texts;
  const words: Word[] = texts.map((text) => ({ text, line: place.line, column: place.column }));
  const problems = new Problems();
  const node = { name: 'server', words, ...place };
  const server = parseServer(words, { node, problems, tools: NO_TOOLS });
  if (server === undefined) return problems.list.map(({ message }) => message).join(', ');
  const { address: word, resolve, service: _, ...traits } = server;
  if (resolve) return `${word.text}: "resolve" stands in the configuration only`;
  const address = parseAddress(word.text, DEFAULT_PORT);
  if (address === undefined || (address.kind === 'tcp' && isIP(address.host) === 0)) {
    return `"${word.text.slice(0, 100)}" is no address: write ip:port or unix:/path`;
  }
  return { address, name: formatAddress(address), server: word.text, ...traits, place };
}

function wordsOfText(text: string): string[] | string {
  if (text.length > MAX_ENTRY_CHARS) return `"${text.slice(0, 40)}…" is too long`;
  const words = text
    .replace(/;\s*$/, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words[0] === 'server') words.shift();
  return words.length === 0 ? 'an empty entry' : words;
}

function wordsOfFields(entry: unknown): string[] | string {
  if (!isFields(entry)) return `${JSON.stringify(entry)?.slice(0, 40)} is no server`;
  const { address, id: _, server = address, ...parameters } = entry;
  if (typeof server !== 'string') return 'an entry without "server"';
  const words = [server];
  for (const [name, value] of Object.entries(parameters)) {
    const inNginx = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value === true) words.push(inNginx);
    else if (typeof value === 'number' || (typeof value === 'string' && value !== '')) {
      words.push(`${inNginx}=${value}`);
    } else if (value !== false && value !== '' && value !== undefined && value !== null) {
      return `${server}: "${name}" is neither a text nor a number`;
    }
  }
  return words.join(' ').length > MAX_ENTRY_CHARS ? `${server.slice(0, 40)}… is too long` : words;
}

/** An address is all that needs nothing from around: names are not looked up. */
const NO_TOOLS = {
  compileComplex: () => undefined,
  resolvePath: (path: string) => path,
  resolveHost: () => [],
};

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
