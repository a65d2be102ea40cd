import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Scenario } from '#scenarios/scenario.ts';
import { prove } from './prove.ts';

const base: Omit<Scenario, 'run'> = { name: 'planted', promise: 'it holds', target: 'always' };

async function lines(scenario: Scenario): Promise<{ printed: string; pass: boolean }> {
  const printed: string[] = [];
  const { pass } = await prove(scenario, {
    short: true,
    seed: 7,
    signal: new AbortController().signal,
    print: (line) => printed.push(line),
  });
  return { printed: printed.join('\n'), pass };
}

describe('prove', () => {
  it('prints promise, target, measured and verdict', async () => {
    const passing = await lines({
      ...base,
      run: async () => ({ measured: '3 of 3', pass: true, details: {} }),
    });
    assert.equal(passing.pass, true);
    assert.match(passing.printed, /planted: it holds\n {2}target {4}always\n/);
    assert.match(passing.printed, / {2}measured {2}3 of 3\n {2}pass .* seed 7, short form/);
  });

  it('a scenario that throws has failed, and everything is cleaned up in reverse order', async () => {
    const order: string[] = [];
    let directory = '';
    const { pass, printed } = await lines({
      ...base,
      run: async (context) => {
        directory = context.directory;
        assert.ok(existsSync(directory));
        context.defer(() => void order.push('first'));
        context.defer(() => {
          order.push('second');
          throw new Error('stuck');
        });
        context.progress('half way');
        throw new Error('no proxy');
      },
    });
    assert.equal(pass, false);
    assert.match(printed, /half way/);
    assert.match(printed, /clean-up failed: Error: stuck/);
    assert.match(printed, /could not run: Error: no proxy/);
    assert.match(printed, /FAIL/);
    assert.deepEqual(order, ['second', 'first']);
    assert.equal(existsSync(directory), false);
  });

  it('a missing program is named, and nothing is run', async () => {
    const { pass, printed } = await lines({
      ...base,
      needs: ['no-such-program'],
      run: async () => assert.fail('must not run'),
    });
    assert.equal(pass, false);
    assert.match(printed, /no-such-program not installed/);
  });
});
