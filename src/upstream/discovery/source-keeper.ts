import type { LogLevel } from '#src/base/log.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** What a change of a roster came to. */
export interface TakenList {
  /** Names of endpoints that came in, and that were taken out. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Named, but without a place: the upstream is full. */
  readonly left: number;
  /** Why nothing of it was done; '': it was. */
  readonly refused: string;
}

/** Where lists of endpoints go: the roster of one upstream. */
export interface ListTaker {
  /** Takes all that this source names now. `isConfirmed`: even when it is none. */
  replace(source: string, list: readonly EndpointConfig[], isConfirmed: boolean): TakenList;
  /** Endpoints that are in because of this source; after a reload those of the generation before. */
  countOf(source: string): number;
}

/** One line for the error log. */
export type Say = (level: LogLevel, line: string) => void;

/**
 * What happened to what a source names, for programs. `server_added`, `server_removed`: it names
 * `endpoint` now, or no longer; `source_failed`: it cannot say anything, and all stays as it was;
 * `source_recovered`: it can again. Plain data.
 */
export interface SourceNews {
  readonly type: 'server_added' | 'server_removed' | 'source_failed' | 'source_recovered';
  readonly upstream: string;
  /** '' where it is about no single one. */
  readonly endpoint: string;
  /**
   * Of servers `dns` or `provider`; of a source what is (was) wrong: `empty_list`, `list_refused`,
   * `not_resolved`, `not_read`.
   */
  readonly reason: string;
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** Where a source is told of. */
export interface SourceListener {
  readonly say: Say;
  tell(news: SourceNews): void;
}

/** The list itself, among what can fail. */
const EMPTY = 'a list with servers';
/** Bad entries that are named in one line. */
const NAMED_FAULTS = 5;
/** Servers of one list that get an event each; then one counts the others. */
export const NAMED_SERVERS = 32;

/**
 * What one source last said, and what is told of it. A failure, and a list without any endpoint,
 * leave all as it was: each is told once, and so is its end.
 */
export class SourceKeeper {
  readonly #upstream: string;
  readonly #source: string;
  readonly #taker: ListTaker;
  readonly #listener: SourceListener;
  /** Text of the list that was taken last. */
  #taken = '';
  /** What cannot be learned now, by question or file, and the reason of its event. */
  readonly #troubles = new Map<string, string>();
  #faults = '';
  #left = 0;

  constructor(upstream: string, source: string, taker: ListTaker, listener: SourceListener) {
    this.#upstream = upstream;
    this.#source = source;
    this.#taker = taker;
    this.#listener = listener;
  }

  /** The source has named something, or has failed to. */
  get hasHeard(): boolean {
    return this.#taken !== '' || this.#troubles.size > 0;
  }

  /** A list of the source; the same as before changes nothing. `isConfirmed`: it may be empty. */
  take(list: readonly EndpointConfig[], isConfirmed = false): void {
    if (list.length === 0 && !isConfirmed)
      return this.#fail(EMPTY, 'it names no server', 'empty_list');
    this.recover(EMPTY);
    const text = textOf(list);
    if (text === this.#taken) return;
    const { added, left, refused, removed } = this.#taker.replace(this.#source, list, isConfirmed);
    if (refused !== '') {
      return this.#fail(EMPTY, `its list is not taken: ${refused}`, 'list_refused');
    }
    this.#taken = text;
    if (added.length > 0 || removed.length > 0) {
      const counts = `${added.length} new, ${removed.length} gone, ${list.length - left} in all`;
      this.#say('notice', counts);
      this.#tellServers('server_added', added);
      this.#tellServers('server_removed', removed);
    }
    if (left > 0 && this.#left === 0) {
      const advice = `give upstream "${this.#upstream}" a larger "zone"`;
      this.#say('warn', `${left} of its ${list.length} servers have no place: ${advice}`);
    }
    this.#left = left;
  }

  /** The source cannot say anything now about `what`: told once, until it recovers. */
  fail(what: string, why: string): void {
    this.#fail(what, why, this.#isDns ? 'not_resolved' : 'not_read');
  }

  /** It can again. */
  recover(what: string): void {
    const reason = this.#troubles.get(what);
    if (reason === undefined) return;
    this.#troubles.delete(what);
    const text = `${what} is known again`;
    this.#say('notice', text);
    this.#tell('source_recovered', '', reason, text);
  }

  /** Nobody asks for it any more. */
  forget(what: string): void {
    this.#troubles.delete(what);
  }

  /** Parts of a list that mean nothing; the others are taken. Told when they change. */
  skip(faults: readonly string[]): void {
    const named = faults.slice(0, NAMED_FAULTS).join('; ');
    const more = faults.length > NAMED_FAULTS ? ` and ${faults.length - NAMED_FAULTS} more` : '';
    const text = named + more;
    if (text !== this.#faults && text !== '') this.#say('error', `skipped: ${text}`);
    this.#faults = text;
  }

  get #isDns(): boolean {
    return this.#source.startsWith('dns:');
  }

  #fail(what: string, why: string, reason: string): void {
    if (this.#troubles.has(what)) return;
    this.#troubles.set(what, reason);
    const count = this.#taker.countOf(this.#source);
    const kept = count === 0 ? 'it has no servers yet' : `its last ${count} servers are kept`;
    this.#say('error', `${why}; ${kept}`);
    this.#tell('source_failed', '', reason, `${why}; ${kept}`);
  }

  #tellServers(type: 'server_added' | 'server_removed', names: readonly string[]): void {
    const reason = this.#isDns ? 'dns' : 'provider';
    for (const name of names.slice(0, NAMED_SERVERS)) this.#tell(type, name, reason, '');
    const more = names.length - NAMED_SERVERS;
    if (more > 0) this.#tell(type, '', reason, `and ${more} more`);
  }

  #say(level: LogLevel, what: string): void {
    this.#listener.say(level, `upstream "${this.#upstream}", ${this.#source}: ${what}`);
  }

  #tell(type: SourceNews['type'], endpoint: string, reason: string, text: string): void {
    const detail = text === '' ? this.#source : `${this.#source}: ${text}`;
    const upstream = this.#upstream;
    this.#listener.tell({ type, upstream, endpoint, reason, detail, atMs: Date.now() });
  }
}

function textOf(list: readonly EndpointConfig[]): string {
  return list.map((endpoint) => JSON.stringify({ ...endpoint, place: null })).join('\n');
}
