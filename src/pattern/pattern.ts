/**
 * Regular expressions of a configuration: PCRE's syntax and meaning (without UTF, in the C locale), in
 * time that no client can stretch.
 *
 * Three engines. JavaScript's own is the fast one and backtracks; it is used for texts so short that
 * its steps, bounded by cost.ts, are few. Longer texts go to one that is linear: matcher.ts, or sweep.ts
 * for patterns that are too large for it (linear-engine.ts chooses).
 */
import { checkTree, hasEmptyTurns, hasJavaScriptCaptures } from './check.ts';
import { backtrackingSteps } from './cost.ts';
import {
  GUARANTEED_LENGTH,
  type LinearEngine,
  MatcherEngine,
  SweepEngine,
  sweepInstead,
} from './linear-engine.ts';
import { parsePattern } from './parser.ts';
import type { SweepProgram } from './sweep-program.ts';
import { type Node, PatternProblem } from './syntax.ts';
import { javaScriptSource } from './to-javascript.ts';

/** What a match has captured: 0 is all of it; undefined where a capture took no part. */
export type Captures = readonly (string | undefined)[];

/** A compiled regular expression. Texts are one character per byte (Latin-1). */
export interface Pattern {
  /** As it was given to `compilePattern`. */
  readonly source: string;
  readonly captureCount: number;
  /** The number of each named capture. */
  readonly names: ReadonlyMap<string, number>;
  /** Whether the pattern matches somewhere in the text. */
  test(text: string): boolean;
  /** What the first match captures, or undefined without one. A miss allocates nothing. */
  exec(text: string): Captures | undefined;
}

/** Steps of JavaScript's engine in one match: interpreted, 10 ns each at worst. */
export const MAX_BACKTRACKING_STEPS = 200_000;
/** Lengths up to which JavaScript's engine may be used, in bytes. */
export const LENGTHS: readonly number[] = [128, 512, 2048, 8192, 65_536];
const LONGEST_FAST = 65_536;

const WARM_UP_TEXT = `${'ab'.repeat(512)}!`;
const WARM_UP_MATCHER = '(?:(a+)|b|aa|cc|dd)+(?<!c)(?!c)\\b$';
/** For the sweep: one that matches, one that does not, one that notes more than a word per byte for its walk. */
const WARM_UP_SWEEP = [
  '(?:(a|b)[ab]{1,90}(?:ba){1,3}[ab]{5,99}[ab]{3,}[ab]*)+(?=(!))(?<!c)(?!c)!\\B$',
  '(?:[ab]{1,90}(?:ba){1,3}[ab]{5,99}[ab]{3,}b+|ab)+(?<!c)(?!.*c)\\bx$',
  '(?:[ab]{0,2}b?){20}[ab]{1,60}!',
];

/** Made ready by its first match: of the expressions of a large configuration most never meet a text. */
class CompiledPattern implements Pattern {
  readonly source: string;
  readonly captureCount: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #root: Node;
  /** Texts up to this length are for JavaScript's engine; -1 until one has come. */
  #fastUpTo = -1;
  /** Longer texts are for the linear engine. */
  #fastNeverAbove = LONGEST_FAST;
  #regExp: RegExp | undefined = undefined;
  readonly #sweep: SweepProgram | undefined;
  #linear: LinearEngine | undefined = undefined;

  constructor(source: string, caseless: boolean) {
    const { root, captureCount, names } = parsePattern(source, caseless);
    this.source = source;
    this.captureCount = captureCount;
    this.names = names;
    this.#root = root;
    checkTree(root);
    const isFastAble =
      hasJavaScriptCaptures(root, captureCount) && !hasEmptyTurns(root, captureCount);
    if (!isFastAble) this.#fastNeverAbove = -1;
    const fastSteps = isFastAble ? backtrackingSteps(root, GUARANTEED_LENGTH) : Infinity;
    // Then some of the texts that the promise is about are for the linear engine.
    const isPromised = fastSteps > MAX_BACKTRACKING_STEPS;
    this.#sweep = sweepInstead(root, captureCount, isPromised);
    if (this.#sweep !== undefined) mayNeedSweep = true;
  }

  test(text: string): boolean {
    return this.#isFast(text.length) ? this.#fast().test(text) : this.#forLongText().test(text);
  }

  exec(text: string): Captures | undefined {
    if (this.#isFast(text.length)) return this.#fast().exec(text) ?? undefined;
    return this.#forLongText().find(text) ? this.#captures(text) : undefined;
  }

  #isFast(length: number): boolean {
    if (length <= this.#fastUpTo) return true;
    return length <= this.#fastNeverAbove && this.#decide(length);
  }

  /** Whether JavaScript's engine is for texts of that length: worked out for the next of `LENGTHS`. */
  #decide(length: number): boolean {
    const at = LENGTHS.findIndex((limit) => length <= limit);
    const limit = LENGTHS[at] ?? LONGEST_FAST;
    if (backtrackingSteps(this.#root, limit) <= MAX_BACKTRACKING_STEPS) this.#fastUpTo = limit;
    else this.#fastNeverAbove = LENGTHS[at - 1] ?? -1;
    return length <= this.#fastUpTo;
  }

  #fast(): RegExp {
    this.#regExp ??= new RegExp(javaScriptSource(this.#root));
    return this.#regExp;
  }

  #forLongText(): LinearEngine {
    this.#linear ??=
      this.#sweep === undefined
        ? new MatcherEngine(this.#root, this.captureCount)
        : new SweepEngine(this.#sweep);
    return this.#linear;
  }

  #captures(text: string): Captures {
    const captures: (string | undefined)[] = [];
    const { slots } = this.#forLongText();
    for (let slot = 0; slot < slots.length; slot += 2) {
      const from = slots[slot] ?? -1;
      const to = slots[slot + 1] ?? -1;
      captures.push(to < 0 ? undefined : text.slice(from, to));
    }
    return captures;
  }
}

let mayNeedMatcher = false;
let mayNeedSweep = false;

/**
 * Has V8 compile the linear engines (each of their instructions) if this thread has compiled a pattern:
 * the first long text would take twice its time.
 */
export function warmPatterns(): void {
  if (!mayNeedMatcher) return;
  warm(WARM_UP_MATCHER);
  if (mayNeedSweep) for (const source of WARM_UP_SWEEP) warm(source);
}

function warm(source: string): void {
  const pattern = new CompiledPattern(source, false);
  for (let turn = 0; turn < 20; turn++) {
    pattern.test(WARM_UP_TEXT);
    pattern.exec(WARM_UP_TEXT);
  }
}

/**
 * Compiles a regular expression as nginx.conf has it.
 * @param source PCRE, one character per byte
 * @param options.caseless as `~*`: ASCII letters only
 * @returns the pattern, or what is wrong with it or not supported, by name and with its offset
 */
export function compilePattern(
  source: string,
  options: { readonly caseless: boolean },
): Pattern | { readonly problem: string } {
  try {
    const pattern = new CompiledPattern(source, options.caseless);
    mayNeedMatcher = true;
    return pattern;
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}
