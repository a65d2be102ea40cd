/**
 * One case after the other through the decoders of HTTP/1.1: the same bytes mean the same in any
 * pieces, and mean to llhttp what they mean to us, or one of the known differences explains it.
 */

import { BODY_STATE_NAMES, HEAD_STATE_NAMES } from '#src/codecs/h1/states.ts';
import { caseRandom } from './cases.ts';
import { compare } from './compare.ts';
import { byteByByte, type Cuts, IN_ONE_PIECE, randomCuts } from './cuts.ts';
import { explain } from './differences.ts';
import {
  Driver,
  MAX_CASE_BYTES,
  noCounts,
  type Outcome,
  type Settings,
  type StateCounts,
  USUAL,
} from './drive.ts';
import { parseWithLlhttp } from './llhttp.ts';
import { caseText, type Kind, randomText } from './mutations.ts';
import type { Random } from './random.ts';

/** What many cases have shown; plain data, so that threads can send and add it. */
export interface FuzzCounts {
  cases: number;
  /** Messages that both readers took alike. */
  agreements: number;
  /** By the name of the explanation. */
  differences: Record<string, number>;
  /** By failure code of ours. */
  failures: Record<string, number>;
  /** How often each state was seen behind a piece: `request head METHOD` … */
  states: Record<string, number>;
}

/** Texts longer than this are not fed byte by byte: that costs their length squared. */
const MAX_SLOW_BYTES = 400;
const SLOW_SHARE = 0.04;

export class H1Fuzz {
  readonly #seed: number;
  readonly #states: Record<Kind, StateCounts> = { request: noCounts(), response: noCounts() };
  readonly #drivers: Record<Kind, Driver>;
  #cases = 0;
  #agreements = 0;
  readonly #differences = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
    const { request, response } = this.#states;
    this.#drivers = {
      request: new Driver('request', request),
      response: new Driver('response', response),
    };
  }

  /** One case; the same seed and index give the same one. Throws when it shows a bug. */
  run(index: number): void {
    const random = caseRandom(this.#seed, index);
    const kind = random.chance(0.6) ? 'request' : 'response';
    const made = random.chance(0.03) ? randomText(random, kind) : caseText(random, kind);
    const text = made.slice(0, MAX_CASE_BYTES);
    const settings = anySettings(random, kind);
    const bytes = Buffer.from(text, 'latin1');
    const whole = this.#drivers[kind].run(bytes, IN_ONE_PIECE, settings);
    this.#cases += 1;
    if (whole.failure !== undefined) count(this.#failures, whole.failure);
    this.#inPieces(kind, bytes, randomCuts(random, bytes.length), settings, whole);
    if (bytes.length <= MAX_SLOW_BYTES && random.chance(SLOW_SHARE)) {
      this.#inPieces(kind, bytes, byteByByte(bytes.length), settings, whole);
    }
    // llhttp has no limits as small as some of ours are here.
    if (settings.maxHeadBytes === USUAL.maxHeadBytes) {
      this.#besideLlhttp(kind, text, bytes, settings, whole);
    }
  }

  counts(): FuzzCounts {
    return {
      cases: this.#cases,
      agreements: this.#agreements,
      differences: Object.fromEntries(this.#differences),
      failures: Object.fromEntries(this.#failures),
      states: {
        ...named('request', this.#states.request),
        ...named('response', this.#states.response),
      },
    };
  }

  #inPieces(kind: Kind, bytes: Buffer, cuts: Cuts, settings: Settings, whole: Outcome): void {
    const pieces = this.#drivers[kind].run(bytes, cuts, settings);
    const [expected, found] = [JSON.stringify(whole), JSON.stringify(pieces)];
    if (expected === found) return;
    throw new Error(`cut at ${cuts.join()}: ${found}, not ${expected}, of ${shown(bytes)}`);
  }

  #besideLlhttp(kind: Kind, text: string, bytes: Buffer, settings: Settings, whole: Outcome): void {
    const theirs = parseWithLlhttp(bytes, kind, settings.method === 'HEAD');
    const { keepsUnderscores } = settings;
    const found = compare({ kind, keepsUnderscores }, text, whole, theirs);
    if (typeof found === 'number') {
      this.#agreements += found;
      return;
    }
    const explanation = explain(found);
    if (explanation !== undefined) {
      count(this.#differences, explanation.name);
      return;
    }
    const { ours, reason, what, where } = found;
    throw new Error(
      `unexplained, ${where} ${what}: we ${ours}, llhttp ${found.theirs} ${reason}, of ${shown(bytes)}`,
    );
  }
}

/** The states that a decoder of this kind can be in, as FuzzCounts names them. */
export function reachableStates(): string[] {
  const ofRequests = ['START_LF', 'METHOD', 'TARGET', 'VERSION'];
  const names: string[] = [];
  for (const name of HEAD_STATE_NAMES) {
    if (name !== 'STATUS_LINE') names.push(`request head ${name}`);
    if (!ofRequests.includes(name)) names.push(`response head ${name}`);
  }
  for (const name of BODY_STATE_NAMES) {
    if (name !== 'UNTIL_CLOSE') names.push(`request body ${name}`);
    names.push(`response body ${name}`);
  }
  return names;
}

/** Those of a reader with small limits now and then, so that the cases meet them. */
function anySettings(random: Random, kind: Kind): Settings {
  const keepsUnderscores = random.chance(0.2);
  const method = kind === 'response' && random.chance(0.15) ? 'HEAD' : 'GET';
  if (random.chance(0.92)) return { ...USUAL, keepsUnderscores, method };
  const [maxHeadBytes, maxRequestLineBytes] = [20 + random.below(150), 5 + random.below(40)];
  return { keepsUnderscores, method, maxHeadBytes, maxRequestLineBytes };
}

function named(kind: Kind, { body, head }: StateCounts): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [state, name] of HEAD_STATE_NAMES.entries()) {
    if (head[state] !== 0) counts[`${kind} head ${name}`] = head[state] ?? 0;
  }
  for (const [state, name] of BODY_STATE_NAMES.entries()) {
    if (body[state] !== 0) counts[`${kind} body ${name}`] = body[state] ?? 0;
  }
  return counts;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1'));
}
