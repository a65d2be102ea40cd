import { MEMORY_CONNECTIONS, measureIdleMemory } from '#native-bench/idle.ts';
import type { Scenario } from './scenario.ts';

const MAX_KB = 6;

export const scenario: Scenario = {
  name: 'idle-memory',
  promise: 'a waiting connection costs little memory',
  target: `RSS grows ≤ ${MAX_KB} KB per connection over ${MEMORY_CONNECTIONS} that have made one request each, and over as many more`,
  needs: ['nginx'],
  run: async (context) => {
    const connections = context.short ? 300 : MEMORY_CONNECTIONS;
    const warmRequests = context.short ? 1_000 : 100_000;
    const memory = await measureIdleMemory('weir', connections, warmRequests);
    const { kbPerConnection, kbPerFurtherConnection, closedByPeer } = memory;
    const worst = Math.max(kbPerConnection, kbPerFurtherConnection);
    return {
      measured: `${kbPerConnection.toFixed(2)} KB each over ${connections}, ${kbPerFurtherConnection.toFixed(2)} over as many more, ${closedByPeer} closed`,
      // Over few connections the growth is mostly the heap's own.
      pass: closedByPeer === 0 && (context.short || worst <= MAX_KB),
      details: { ...memory, warmRequests },
    };
  },
};
