/**
 * Regular expressions of a configuration: PCRE's syntax and meaning (without UTF, in the C locale), in
 * time that no client can stretch.
 *
 * Two engines. JavaScript's own is the fast one and backtracks; it is used for texts so short that its
 * steps, bounded by cost.ts, are few. Longer texts go to matcher.ts, which is linear.
 */
import { checkTree, hasJavaScriptCaptures } from './check.ts';
import { backtrackingSteps, isAnchored, lookSteps } from './cost.ts';
import { match } from './matcher.ts';
import { parsePattern } from './parser.ts';
import { firstBytes, mostInstructions, type Program, writeProgram } from './program.ts';
import { stepsPerByte } from './program-cost.ts';
import { isNullable, lengthsOf, type Node, PatternProblem } from './syntax.ts';
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

/** Instructions of one pattern: for the memory of the matcher, a bit for most of them per byte of text. */
const MAX_INSTRUCTIONS = 2000;
/** Steps of JavaScript's engine in one match: interpreted, 10 ns each at worst. */
export const MAX_BACKTRACKING_STEPS = 200_000;
/** Steps of the matcher for a text of `GUARANTEED_LENGTH`: 8 ns each, half as much again where others use the core. */
export const MAX_MATCHER_STEPS = 750_000;
/** The text for which a match is guaranteed to take at most 10 ms, in bytes. */
const GUARANTEED_LENGTH = 8192;
/** Lengths up to which JavaScript's engine may be used, in bytes. */
export const LENGTHS: readonly number[] = [128, 512, 2048, 8192, 65_536];
const LONGEST_FAST = 65_536;

const WARM_UP_TEXT = `${'ab'.repeat(512)}!`;

/** What a text needs that JavaScript's engine does not take. */
interface LongText {
  readonly program: Program;
  readonly slots: Int32Array;
  readonly first: Uint8Array;
  readonly canBeEmpty: boolean;
  readonly isAnchored: boolean;
}

/** Made ready by its first match: of the expressions of a large configuration most never meet a text. */
class CompiledPattern implements Pattern {
  readonly source: string;
  readonly captureCount: number;
  readonly names: ReadonlyMap<string, number>;
  readonly #root: Node;
  /** Texts up to this length are for JavaScript's engine; -1 until one has come. */
  #fastUpTo = -1;
  /** Longer texts are for the matcher. */
  #fastNeverAbove = LONGEST_FAST;
  #regExp: RegExp | undefined = undefined;
  #long: LongText | undefined = undefined;

  constructor(source: string, caseless: boolean) {
    const { root, captureCount, names } = parsePattern(source, caseless);
    this.source = source;
    this.captureCount = captureCount;
    this.names = names;
    this.#root = root;
    checkTree(root, captureCount);
    const isFastAble = hasJavaScriptCaptures(root);
    if (!isFastAble) this.#fastNeverAbove = -1;
    const fastSteps = isFastAble ? backtrackingSteps(root, GUARANTEED_LENGTH) : Infinity;
    // Else the matcher gets some of the texts that the promise is about.
    if (fastSteps > MAX_BACKTRACKING_STEPS) checkSteps(root, captureCount);
  }

  test(text: string): boolean {
    return this.#isFast(text.length) ? this.#fast().test(text) : this.#match(text);
  }

  exec(text: string): Captures | undefined {
    if (this.#isFast(text.length)) return this.#fast().exec(text) ?? undefined;
    return this.#match(text) ? this.#captures(text) : undefined;
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

  #match(text: string): boolean {
    const { canBeEmpty, first, isAnchored, program, slots } = this.#forLongText();
    return match(program, text, slots, first, canBeEmpty, isAnchored);
  }

  #forLongText(): LongText {
    const root = this.#root;
    if (this.#long !== undefined) return this.#long;
    const program = writeProgram(root, this.captureCount, MAX_INSTRUCTIONS);
    this.#long = {
      program,
      slots: new Int32Array(program.slotCount),
      first: firstBytes(root),
      canBeEmpty: isNullable(root),
      isAnchored: isAnchored(root),
    };
    return this.#long;
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

function checkSteps(root: Node, captureCount: number): void {
  const looks = lookSteps(root, GUARANTEED_LENGTH);
  if (looks > MAX_MATCHER_STEPS / 2) {
    throw new PatternProblem(
      'not supported: a lookaround that may read far at many positions; ' +
        'begin the pattern with ^, or bound what the lookaround reads',
      0,
    );
  }
  // With one start, nothing is left of it behind the longest text that matches.
  const reach = isAnchored(root)
    ? Math.min(lengthsOf(root)[1], GUARANTEED_LENGTH)
    : GUARANTEED_LENGTH;
  const most = Math.floor((MAX_MATCHER_STEPS - looks) / (reach + 1));
  // An instruction leads to two others at most, so a short program needs no closer look.
  if (2 * (mostInstructions(root) + 1) <= most) return;
  const program = writeProgram(root, captureCount, MAX_INSTRUCTIONS);
  if (2 * program.ops.length <= most) return;
  const perByte = stepsPerByte(program);
  if (perByte > most) {
    throw new PatternProblem(
      `not supported: up to ${perByte} steps per byte of text, where ${most} are allowed; ` +
        'shorten its repetitions {…}, or divide it',
      0,
    );
  }
}

let mayNeedMatcher = false;

/**
 * Has V8 compile the matcher (each of its instructions) if this thread has compiled a pattern: the
 * first long text would take twice its time.
 */
export function warmPatterns(): void {
  if (!mayNeedMatcher) return;
  const pattern = new CompiledPattern('(?:(a+)|b|aa|cc|dd)+(?<!c)(?!c)\\b$', false);
  for (let turn = 0; turn < 20; turn++) pattern.test(WARM_UP_TEXT);
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
