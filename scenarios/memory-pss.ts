import { measureMemory } from '#native-bench/idle.ts';
import type { Scenario } from './scenario.ts';

const MAX_MB = 130;
const FIRST_REQUESTS = 2_000;

export const scenario: Scenario = {
  name: 'memory-pss',
  promise: 'master and generation with two threads fit into a small machine',
  target: `PSS after traffic ≤ ${MAX_MB} MB`,
  needs: ['nginx'],
  run: async (context) => {
    const requests = context.short ? 2_000 : 200_000;
    // In a folder where it never ran, TypeScript is stripped first: once, and the published package
    // never does it.
    const first = await measureMemory('weir', FIRST_REQUESTS);
    const { pssMb, rssMb } = await measureMemory('weir', requests);
    return {
      measured:
        `${pssMb.toFixed(1)} MB after ${requests} requests ` +
        `(the start before it: ${first.pssMb.toFixed(1)} MB after ${FIRST_REQUESTS})`,
      // So short after a start nothing has been given back yet.
      pass: context.short || pssMb <= MAX_MB,
      details: { requests, pssMb, rssMb, firstRequests: FIRST_REQUESTS, firstPssMb: first.pssMb },
    };
  },
};
