// Patterns that blow up backtracking engines: each is refused, or answers 8 KB of its worst in few
// steps. How long that takes is for `npm run prove redos`.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stepsOfBacktracking } from './backtracking.contract.ts';
import { CASES } from './cases.contract.ts';
import { backtrackingSteps, isAnchored } from './cost.ts';
import { EVIL, type Evil, evilText } from './evil.contract.ts';
import { MAX_MATCHER_STEPS } from './linear-engine.ts';
import { lastSteps } from './matcher.ts';
import { parsePattern } from './parser.ts';
import { compilePattern, LENGTHS, MAX_BACKTRACKING_STEPS } from './pattern.ts';
import { writeProgram } from './program.ts';

describe('evil patterns', () => {
  for (const evil of EVIL) {
    const [source] = evil;
    it(`has no hold with ${source}`, (t) => {
      const pattern = compilePattern(source, { caseless: false });
      if ('problem' in pattern) {
        t.diagnostic(`refused: ${pattern.problem}`);
        assert.match(pattern.problem, /\(at offset \d+\)$/);
        return;
      }
      pattern.test(evilText(evil));
      assert.ok(lastSteps() <= MAX_MATCHER_STEPS, `${lastSteps()} steps`);
    });
  }

  it('JavaScript takes no more steps than it is trusted with', () => {
    let trusted = 0;
    const usual = CASES.map(([source, texts]): Evil => [source, texts.join('') || 'a']);
    for (const evil of [...EVIL, ...usual]) {
      const [source] = evil;
      if ('problem' in compilePattern(source, { caseless: false })) continue;
      const { root, captureCount } = parsePattern(source, false);
      const program = writeProgram(root, captureCount, 3_000_000);
      for (const length of LENGTHS) {
        const bound = backtrackingSteps(root, length);
        if (bound > MAX_BACKTRACKING_STEPS) break;
        trusted++;
        const text = evilText(evil, length);
        const steps = stepsOfBacktracking(program, text, isAnchored(root), 10 * bound);
        assert.ok(
          steps <= bound + 1,
          `${source} on ${length} bytes: ${steps} steps, bound ${bound}`,
        );
      }
    }
    assert.ok(trusted > 200, `${trusted} bounds were looked at`);
  });

  it('counts a repetition of one set as one step', () => {
    for (const source of [
      '[a-z]{1,63}\\.x',
      'session=([a-f0-9]{20,200})',
      'a{65535}',
      '.{0,9999}b',
    ]) {
      assert.ok(!('problem' in compilePattern(source, { caseless: false })), source);
    }
  });

  it('stays linear beyond 8 KB', () => {
    const pattern = compilePattern('^(?:a|aa)+$', { caseless: false });
    assert.ok(!('problem' in pattern));
    const steps = [8192, 32_768].map((length) => {
      assert.equal(pattern.test(`${'a'.repeat(length)}!`), false);
      return lastSteps();
    });
    assert.ok((steps[1] ?? 0) < 4.1 * (steps[0] ?? 0), steps.join());
  });

  it('refuses by size what would take too many steps', () => {
    const pattern = compilePattern('(?:a|ab){300}c', { caseless: false });
    assert.ok('problem' in pattern);
    assert.match(pattern.problem, /steps/);
  });
});
