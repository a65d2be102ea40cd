import type { LogLevel } from '#src/base/log.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** What a change of a roster came to. */
export interface TakenList {
  /** Endpoints that came in, and that were taken out. */
  readonly added: number;
  readonly removed: number;
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

/** The list itself, among what can fail. */
const EMPTY = 'a list with servers';
/** Bad entries that are named in one line. */
const NAMED_FAULTS = 5;

/**
 * What one source last said, and what is told of it. A failure, and a list without any endpoint,
 * leave all as it was: each is told once, and so is its end.
 */
export class SourceKeeper {
  readonly #upstream: string;
  readonly #source: string;
  readonly #taker: ListTaker;
  readonly #say: Say;
  /** Text of the list that was taken last. */
  #taken = '';
  /** What cannot be learned now, by question or file. */
  readonly #troubles = new Set<string>();
  #faults = '';
  #left = 0;

  constructor(upstream: string, source: string, taker: ListTaker, say: Say) {
    this.#upstream = upstream;
    this.#source = source;
    this.#taker = taker;
    this.#say = say;
  }

  /** The source has named something, or has failed to. */
  get hasHeard(): boolean {
    return this.#taken !== '' || this.#troubles.size > 0;
  }

  /** A list of the source; the same as before changes nothing. `isConfirmed`: it may be empty. */
  take(list: readonly EndpointConfig[], isConfirmed = false): void {
    if (list.length === 0 && !isConfirmed) return this.fail(EMPTY, 'it names no server');
    this.recover(EMPTY);
    const text = textOf(list);
    if (text === this.#taken) return;
    const { added, left, refused, removed } = this.#taker.replace(this.#source, list, isConfirmed);
    if (refused !== '') return this.fail(EMPTY, `its list is not taken: ${refused}`);
    this.#taken = text;
    if (added > 0 || removed > 0) {
      this.#tell('notice', `${added} new, ${removed} gone, ${list.length - left} in all`);
    }
    if (left > 0 && this.#left === 0) {
      const advice = `give upstream "${this.#upstream}" a larger "zone"`;
      this.#tell('warn', `${left} of its ${list.length} servers have no place: ${advice}`);
    }
    this.#left = left;
  }

  /** The source cannot say anything now about `what`: told once, until it recovers. */
  fail(what: string, why: string): void {
    if (this.#troubles.has(what)) return;
    this.#troubles.add(what);
    const count = this.#taker.countOf(this.#source);
    const kept = count === 0 ? 'it has no servers yet' : `its last ${count} servers are kept`;
    this.#tell('error', `${why}; ${kept}`);
  }

  /** It can again. */
  recover(what: string): void {
    if (this.#troubles.delete(what)) this.#tell('notice', `${what} is known again`);
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
    if (text !== this.#faults && text !== '') this.#tell('error', `skipped: ${text}`);
    this.#faults = text;
  }

  #tell(level: LogLevel, what: string): void {
    this.#say(level, `upstream "${this.#upstream}", ${this.#source}: ${what}`);
  }
}

function textOf(list: readonly EndpointConfig[]): string {
  return list.map((endpoint) => JSON.stringify({ ...endpoint, place: null })).join('\n');
}
