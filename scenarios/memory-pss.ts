import { measureMemory } from '#native-bench/idle.ts';
import type { Scenario } from './scenario.ts';

const MAX_MB = 130;

export const scenario: Scenario = {
  name: 'memory-pss',
  promise: 'master and generation with two threads fit into a small machine',
  target: `PSS after traffic ≤ ${MAX_MB} MB`,
  needs: ['nginx'],
  run: async (context) => {
    const requests = context.short ? 2_000 : 200_000;
    const { pssMb, rssMb } = await measureMemory('weir', requests);
    return {
      measured: `${pssMb.toFixed(1)} MB after ${requests} requests`,
      pass: pssMb <= MAX_MB,
      details: { requests, pssMb, rssMb },
    };
  },
};
