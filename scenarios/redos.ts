import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EVIL, type Evil } from '#src/pattern/evil.contract.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import { GENERATION_FLAGS } from '#workers/memory.ts';
import type { Scenario } from './scenario.ts';

const MAX_MS = 10;
const PROBE = join(import.meta.dirname, 'support/redos-probe.ts');
/** So many of the slowest are timed again, each alone in new processes. */
const SLOWEST = 8;
/** The steps are the same each time, and what other programs do on the core only adds: the least counts. */
const RUNS = 5;

/** Patterns that grow with a number: the last one that is accepted takes the most steps. */
const GROWING: readonly ((size: number) => Evil)[] = [
  (size) => [`(?:a?){${size}}b`, 'a'],
  (size) => [`a{0,${size}}b`, 'a'],
  (size) => [`(?:a|b|ab){${size}}c`, 'ab'],
  (size) => [`(?:a|aa){1,${size}}b`, 'a'],
  (size) => [`(a?){${size}}b`, 'a'],
  (size) => [`^(?=(?:a|aa){1,${size}}b)`, 'a'],
  (size) => [`(?=a{0,${size}}b)a`, 'a'],
  (size) => [`(?<=${'a'.repeat(size)})b`, 'a'],
  (size) => [`(?:${'a*'.repeat(size)})b`, 'a'],
  (size) => [`(?:${'.*'.repeat(size)})x`, 'a', '', '\n'],
  (size) => [Array.from({ length: size }, () => 'a+b?').join('|'), 'a', '', '!'],
  (size) => [`(?:${'(?:a|b)+'.repeat(size)})c`, 'ab'],
  (size) => [`\\b(?:\\w+\\s?){${size}}!`, 'a '],
  (size) => [`(?:[a-z]{2,63}\\.){1,${size}}x`, 'abc.'],
  (size) => [`(?:[a-z]{1,63}\\.?)${'([a-z]{2,63}[.]?)'.repeat(size)}x?`, 'abc'],
  (size) => [`(?:a|b(?=.*(c))|ab){${size}}`, 'ab', '', 'c'],
  (size) => [`(?:${'(?=.*x)'.repeat(size)}a)+`, 'a', '', 'x'],
  (size) => [Array.from({ length: size }, (_, at) => `a{2,${at + 9}}b`).join('|'), 'a'],
];
/** More is refused by size alone. */
const MAX_SIZE = 200;

function isAccepted([source]: Evil): boolean {
  return !('problem' in compilePattern(source, { caseless: false }));
}

function lastAccepted(make: (size: number) => Evil): Evil[] {
  let size = 0;
  while (size < MAX_SIZE && isAccepted(make(size + 1))) size += 1;
  return size === 0 ? [] : [make(size)];
}

/** The first match of one pattern. */
interface Line {
  readonly evil: Evil;
  readonly ms: number;
}

export const scenario: Scenario = {
  name: 'redos',
  promise: 'no regular expression that is accepted can be made to hold a thread',
  target: `the first match of every accepted pattern of the corpus on 8 KB of its worst text takes ≤ ${MAX_MS} ms of CPU, alone in a new process (least of ${RUNS} for the ${SLOWEST} slowest)`,
  run: async (context) => {
    const all = [...EVIL, ...GROWING.flatMap(lastAccepted)];
    const accepted = all.filter(isAccepted);
    const together = await probe(accepted);
    const [...lines] = together.toSorted((one, other) => other.ms - one.ms);
    const slowest = lines.splice(0, context.short ? 1 : SLOWEST);
    const alone: Line[] = [];
    for (const { evil } of slowest) {
      const runs: Line[] = [];
      while (runs.length < (context.short ? 1 : RUNS)) {
        context.signal.throwIfAborted();
        runs.push(...(await probe([evil])));
      }
      alone.push(...runs.sort((one, other) => one.ms - other.ms).slice(0, 1));
    }
    const worst = [...lines, ...alone].reduce((most, line) => (line.ms > most.ms ? line : most));
    const refused = all.length - accepted.length;
    return {
      measured: `${accepted.length} patterns accepted, ${refused} refused by name; worst ${worst.ms.toFixed(2)} ms: ${worst.evil[0]}`,
      pass: accepted.length > EVIL.length / 2 && (context.short || worst.ms <= MAX_MS),
      details: { together, alone, refused },
    };
  },
};

async function probe(patterns: readonly Evil[]): Promise<readonly Line[]> {
  const words = [...GENERATION_FLAGS, PROBE, JSON.stringify(patterns)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const times = JSON.parse(stdout) as number[];
  return patterns.map((evil, at) => ({ evil, ms: times[at] ?? Number.POSITIVE_INFINITY }));
}
