import { prove } from '#scenarios/support/prove.ts';
import { scenario as descriptorsUsedUp } from './descriptors-used-up.ts';
import { scenario as dnsTrouble } from './dns-trouble.ts';
import { scenario as endpointBlackHole } from './endpoint-black-hole.ts';
import { scenario as endpointKilled } from './endpoint-killed.ts';
import { scenario as endpointStopped } from './endpoint-stopped.ts';
import { scenario as generationKilled } from './generation-killed.ts';
import { scenario as logStuck } from './log-stuck.ts';
import { scenario as masterKilled } from './master-killed.ts';
import { scenario as outlier500 } from './outlier-500.ts';
import type { Scenario } from './scenario.ts';
import { scenario as spoolFull } from './spool-full.ts';
import { scenario as threadDies } from './thread-dies.ts';

/**
 * Rows of reliability.md §3, for HTTP/1.1. Each is a scenario of its own: `npm run prove NAME` runs one.
 * They take five to six minutes together: what is promised of times is watched for seconds, all else
 * ends by what has happened.
 */
const CELLS: readonly (readonly [row: string, cell: Scenario])[] = [
  ['R3', threadDies],
  ['R3', generationKilled],
  ['R4', masterKilled],
  ['R7', endpointKilled],
  ['R8', endpointStopped],
  ['R9', endpointBlackHole],
  ['R10', outlier500],
  ['R11', descriptorsUsedUp],
  ['R14', spoolFull],
  ['R15', logStuck],
  ['R16', dnsTrouble],
];
const MAX_MINUTES = 15;

export const scenario: Scenario = {
  name: 'chaos',
  promise: 'whatever of it fails, the edge fails no further',
  target: `every cell of the matrix for HTTP/1.1 passes, within ${MAX_MINUTES} minutes`,
  needs: [...new Set(CELLS.flatMap(([, { needs }]) => needs ?? []))],
  run: async (context) => {
    const { seed, short, signal } = context;
    // The gate has the short form of each cell as a test of its own: here one, drawn by the seed.
    const cells = short ? CELLS.filter((_, at) => at === seed % CELLS.length) : CELLS;
    const outcomes = [];
    const startMs = performance.now();
    for (const [row, cell] of cells) {
      if (signal.aborted) break;
      const print = (): void => undefined;
      const { measured, pass } = await prove(cell, { seed, short, signal, print });
      outcomes.push({ row, name: cell.name, pass, measured });
      context.progress(`${row.padEnd(4)} H1  ${pass ? 'pass' : 'FAIL'}  ${cell.name}: ${measured}`);
    }
    const minutes = (performance.now() - startMs) / 60_000;
    const failed = outcomes.filter(({ pass }) => !pass).map(({ name }) => name);
    return {
      measured:
        `${outcomes.length - failed.length} of ${cells.length} cells pass in ${minutes.toFixed(1)} minutes` +
        `${failed.length === 0 ? '' : `; not ${failed.join(', ')}`}`,
      pass:
        outcomes.length === cells.length && failed.length === 0 && (short || minutes < MAX_MINUTES),
      details: { outcomes, minutes },
    };
  },
};
