import { measureIdleSpread, SPREAD_CONNECTIONS } from '#native-bench/idle.ts';
import type { Scenario } from './scenario.ts';

const MAX_SPREAD = 1.2;

export const scenario: Scenario = {
  name: 'idle-spread',
  promise: 'idle connections spread over the proxy threads',
  target: `${SPREAD_CONNECTIONS} connections over two threads: max/mean ≤ ${MAX_SPREAD}`,
  needs: ['nginx'],
  run: async () => {
    const { perThread, maxOverMean } = await measureIdleSpread('weir');
    const total = perThread.reduce((sum, count) => sum + count, 0);
    return {
      measured: `max/mean ${maxOverMean.toFixed(3)} (${perThread.join(' / ')})`,
      // The status request itself may still be open.
      pass: maxOverMean <= MAX_SPREAD && total >= SPREAD_CONNECTIONS,
      details: { perThread, maxOverMean },
    };
  },
};
