/**
 * The engines whose time is linear in the text, and which of them a pattern needs.
 *
 * The matcher has less to do for most texts, so it is the usual one. The sweep has the same work for
 * every text, but hardly more for `{1,63}` than for `+`, and lookarounds that read far cost it no more
 * than the rest of the pattern.
 */
import { hasCapturesInLooks, hasEmptyTurns } from './check.ts';
import { isAnchored, lookSteps } from './cost.ts';
import { match } from './matcher.ts';
import { firstBytes, mostInstructions, type Program, writeProgram } from './program.ts';
import { stepsPerByte } from './program-cost.ts';
import { MAX_SWEEP_OPS, sweepExec, sweepTest } from './sweep.ts';
import { OP_NS } from './sweep-cost.ts';
import type { SweepProgram } from './sweep-program.ts';
import { writeSweep } from './sweep-writer.ts';
import { isNullable, lengthsOf, type Node, PatternProblem } from './syntax.ts';

/** Instructions of one pattern: for the memory of the matcher, a bit for most of them per byte of text. */
const MAX_INSTRUCTIONS = 2000;
/** Steps of the matcher for a text of `GUARANTEED_LENGTH`: 8 ns each, half as much again where others use the core. */
export const MAX_MATCHER_STEPS = 750_000;
/** Nanoseconds that a sweep may take per byte: 5 ms for `GUARANTEED_LENGTH`, since the first one is slower. */
export const MAX_SWEEP_NS = 650;
/** The text for which a match is guaranteed to take at most 10 ms, in bytes. */
export const GUARANTEED_LENGTH = 8192;

/** Finds a pattern in a text. */
export interface LinearEngine {
  /** Two cells per capture and two for the whole match, of the last `find`: where it begins and ends, or -1. */
  readonly slots: Int32Array;
  /** Whether the pattern matches somewhere; says nothing of `slots`. */
  test(text: string): boolean;
  /** As `test`, and fills `slots` when it does. */
  find(text: string): boolean;
}

/** The engine of matcher.ts. */
export class MatcherEngine implements LinearEngine {
  readonly slots: Int32Array;
  readonly #program: Program;
  readonly #first: Uint8Array;
  readonly #canBeEmpty: boolean;
  readonly #isAnchored: boolean;

  constructor(root: Node, captureCount: number) {
    this.#program = writeProgram(root, captureCount, MAX_INSTRUCTIONS);
    this.slots = new Int32Array(this.#program.slotCount);
    this.#first = firstBytes(root);
    this.#canBeEmpty = isNullable(root);
    this.#isAnchored = isAnchored(root);
  }

  test(text: string): boolean {
    return this.find(text);
  }

  find(text: string): boolean {
    return match(this.#program, text, this.slots, this.#first, this.#canBeEmpty, this.#isAnchored);
  }
}

/** The engine of sweep.ts. */
export class SweepEngine implements LinearEngine {
  readonly slots: Int32Array;
  readonly #program: SweepProgram;

  constructor(program: SweepProgram) {
    this.slots = new Int32Array(program.slotCount);
    this.#program = program;
  }

  test(text: string): boolean {
    return sweepTest(this.#program, text);
  }

  find(text: string): boolean {
    return sweepExec(this.#program, text, this.slots);
  }
}

/**
 * The program of the sweep for a pattern that the matcher does not take, or undefined for one that
 * it does.
 * @param isPromised whether texts of `GUARANTEED_LENGTH` may come to the engine
 * @throws {PatternProblem} when the sweep does not take it either
 */
export function sweepInstead(
  root: Node,
  captureCount: number,
  isPromised: boolean,
): SweepProgram | undefined {
  const isSweepOnly = hasCapturesInLooks(root) || hasEmptyTurns(root, captureCount);
  if (!isSweepOnly && (!isPromised || isForMatcher(root, captureCount))) return undefined;
  const program = writeSweep(root, captureCount, MAX_SWEEP_OPS);
  if (isPromised) checkCost(program);
  return program;
}

function checkCost({ cost, isAnchored: isOnce, longest, looksCost }: SweepProgram): void {
  // Lookarounds read all of the text; with one start, the pattern reads no more than it can match.
  const reach = isOnce ? Math.min(longest, GUARANTEED_LENGTH) : GUARANTEED_LENGTH;
  const perByte = looksCost + (cost * (reach + 1)) / (GUARANTEED_LENGTH + 1);
  if (perByte <= MAX_SWEEP_NS) return;
  throw new PatternProblem(
    `not supported: up to ${Math.ceil(perByte / OP_NS)} steps per byte of text, ` +
      `where ${MAX_SWEEP_NS / OP_NS} are allowed; ` +
      'shorten its repetitions {…} of more than one character, or divide it',
    0,
  );
}

function isForMatcher(root: Node, captureCount: number): boolean {
  const looks = lookSteps(root, GUARANTEED_LENGTH);
  if (looks > MAX_MATCHER_STEPS / 2) return false;
  // With one start, nothing is left of it behind the longest text that matches.
  const reach = isAnchored(root)
    ? Math.min(lengthsOf(root)[1], GUARANTEED_LENGTH)
    : GUARANTEED_LENGTH;
  const most = Math.floor((MAX_MATCHER_STEPS - looks) / (reach + 1));
  // An instruction leads to two others at most, so a short program needs no closer look.
  if (2 * (mostInstructions(root) + 1) <= most) return true;
  const program = programOf(root, captureCount);
  if (program === undefined) return false;
  return 2 * program.ops.length <= most || stepsPerByte(program) <= most;
}

/** The program, unless it is too long. */
function programOf(root: Node, captureCount: number): Program | undefined {
  try {
    return writeProgram(root, captureCount, MAX_INSTRUCTIONS);
  } catch (error) {
    if (error instanceof PatternProblem) return undefined;
    throw error;
  }
}
