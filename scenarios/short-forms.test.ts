// What `npm run prove` promises, in the short form that no clock decides.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { prove } from '#scenarios/support/prove.ts';
import { type Peer, requirePeer } from '#test/support/peers.ts';
import type { Scenario } from './scenario.ts';

const SEED = 20_261_121;

const files = globSync('*.ts', { cwd: import.meta.dirname }).filter(
  (name) => !name.endsWith('.test.ts') && name !== 'run.ts' && name !== 'scenario.ts',
);
const scenarios = await Promise.all(
  files
    .sort()
    .map(async (name) => ((await import(`./${name}`)) as { scenario: Scenario }).scenario),
);

describe('the short form of', () => {
  for (const scenario of scenarios) {
    const peers = (scenario.needs ?? []) as readonly Peer[];
    it(`${scenario.name}: ${scenario.promise}`, requirePeer(...peers), async ({ signal }) => {
      const lines: string[] = [];
      const print = (line: string): void => void lines.push(line);
      const { pass } = await prove(scenario, { short: true, seed: SEED, signal, print });
      assert.ok(pass, lines.join('\n'));
    });
  }
});
