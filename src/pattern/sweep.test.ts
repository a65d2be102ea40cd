// The sweep beside V8's own RegExp and the matcher: the same patterns, texts and captures.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '#test/fuzz/random.ts';
import { CASES } from './cases.contract.ts';
import { checkTree, hasCapturesInLooks, hasEmptyTurns, hasJavaScriptCaptures } from './check.ts';
import { EVIL, evilText } from './evil.contract.ts';
import { match } from './matcher.ts';
import { parsePattern } from './parser.ts';
import { writeProgram } from './program.ts';
import { randomPattern, randomText } from './random-pattern.contract.ts';
import { MAX_SWEEP_OPS, sweepExec, sweepTest } from './sweep.ts';
import { writeSweep } from './sweep-writer.ts';
import { PatternProblem } from './syntax.ts';
import { javaScriptSource } from './to-javascript.ts';

type Engine = (text: string) => readonly (string | undefined)[] | undefined;

function cut(text: string, slots: Int32Array): (string | undefined)[] {
  return Array.from({ length: slots.length / 2 }, (_, index) => {
    const [from = -1, to = -1] = slots.subarray(2 * index);
    return to < 0 ? undefined : text.slice(from, to);
  });
}

/** The sweep, and those of the other engines that do the same; or undefined for what one of them does not take. */
function engines(
  source: string,
  caseless: boolean,
): { sweep: Engine; others: readonly Engine[] } | undefined {
  try {
    const { root, captureCount } = parsePattern(source, caseless);
    checkTree(root);
    const program = writeProgram(root, captureCount, 4000);
    const sweep = writeSweep(root, captureCount, MAX_SWEEP_OPS);
    const slots = new Int32Array(program.slotCount);
    const matcher: Engine = (text) =>
      match(program, text, slots, new Uint8Array(256), true, false) ? cut(text, slots) : undefined;
    const regExp = new RegExp(javaScriptSource(root));
    const others: Engine[] = [];
    // Where nothing is captured, nobody sees how long a match with empty turns is: beside-nginx.test.ts.
    if (!hasEmptyTurns(root, 1)) {
      if (!hasCapturesInLooks(root)) others.push(matcher);
      if (hasJavaScriptCaptures(root, captureCount)) {
        others.push((text) => regExp.exec(text)?.slice());
      }
    }
    return {
      sweep: (text) => {
        const found = sweepExec(sweep, text, slots);
        assert.equal(sweepTest(sweep, text), found, `${source} on ${JSON.stringify(text)}`);
        return found ? cut(text, slots) : undefined;
      },
      others,
    };
  } catch (error) {
    if (error instanceof PatternProblem) return undefined;
    throw error;
  }
}

function compare(source: string, caseless: boolean, texts: readonly string[]): number {
  const all = engines(source, caseless);
  if (all === undefined) return 0;
  for (const text of texts) {
    const own = all.sweep(text);
    const where = `${JSON.stringify(source)} on ${JSON.stringify(text)}`;
    for (const other of all.others) assert.deepEqual(own, other(text), where);
  }
  return 1;
}

describe('the sweep', () => {
  it('matches and captures what the other engines do', () => {
    let count = 0;
    for (const [source, texts, caseless] of CASES)
      count += compare(source, caseless ?? false, texts);
    assert.ok(count > CASES.length * 0.9, `${count} of ${CASES.length}`);
    for (const evil of EVIL) compare(evil[0], false, [evilText(evil, 9), evilText(evil, 10)]);
  });

  const seed = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
  it(`does so with random patterns (seed ${seed})`, (t) => {
    const random = new Random(seed);
    let count = 0;
    for (let turn = 0; turn < 6000; turn++) {
      const source = randomPattern(random);
      const texts = Array.from({ length: 8 }, () => randomText(random));
      count += compare(source, turn % 3 === 0, texts);
    }
    t.diagnostic(`${count} patterns compared`);
    assert.ok(count > 3000, `${count} patterns compared`);
  });

  const count = fc.tuple(fc.nat(12), fc.nat(12), fc.boolean()).map(([least, more, isGreedy]) => {
    return `{${least},${least + more}}${isGreedy ? '' : '?'}`;
  });
  const atom = fc.constantFrom(
    'a',
    '[ab]',
    '[^b]',
    '.',
    '(a)',
    '(?:ab?)',
    '(a|bc)',
    '\\w',
    '\xe9',
    '[a\xc9-\xef]',
  );
  const piece = fc.oneof(
    fc.tuple(atom, count).map((both) => both.join('')),
    fc.constantFrom('a', 'b', '\\.', '^', '$', '(?=a)', '(?<!b)', '(?=(a+))', '\\b', '.*?', 'b*'),
  );
  const source = fc.array(
    fc.tuple(piece, fc.constantFrom('', '', '', '|')).map((both) => both.join('')),
    {
      minLength: 1,
      maxLength: 5,
    },
  );

  it('counts as they do', () => {
    const text = fc.array(
      fc.constantFrom('a', 'a', 'b', 'c', '.', 'A', '\n', '\xe9', '\xc9', '€'),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        source,
        fc.boolean(),
        fc.array(text, { minLength: 4, maxLength: 4 }),
        (pieces, caseless, texts) => {
          const joined = pieces.join('').replace(/\|$/, '');
          compare(
            joined,
            caseless,
            texts.map((letters) => letters.join('')),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});
