/** Stop 7 of a request: the endpoint that takes it, with the counts in shared memory. */
import { ManualClock } from '#src/base/clock.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { PickContext } from '#src/upstream/balancers/balancer.ts';
import { BALANCERS } from '#src/upstream/balancers/index.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { Bench } from './measure.ts';

function endpoints(count: number, down: number): Endpoint[] {
  const clock = new ManualClock();
  return Array.from({ length: count }, (_, id) => {
    const config = {
      address: { kind: 'tcp', host: '127.0.0.1', port: 80 } as const,
      name: '127.0.0.1:80',
      ...{ maxConns: 0, maxFails: 1, failTimeoutMs: 10_000, backup: false },
      ...{ weight: 1 + (id % 3), down: id < down },
      place: { file: '', line: 1, column: 1 },
    };
    return new Endpoint(config, id, clock, false);
  });
}

function pick(count: number, down = 0): Bench['run'] {
  const sizes = { threadCount: 4, endpointCount: count, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), 4, count, 0);
  const balancer = BALANCERS[0].create(endpoints(count, down));
  const context: PickContext = { hasTried: () => false, nextTurn: () => table.nextTurn(0) };
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      const endpoint = balancer.pick(context);
      if (endpoint === undefined) continue;
      table.start(endpoint.id);
      total += endpoint.id;
      table.finish(endpoint.id);
    }
    return total;
  };
}

export const benches: readonly Bench[] = [
  { name: 'one of 3 endpoints', run: pick(3) },
  { name: 'one of 100 endpoints', run: pick(100) },
  { name: 'one of 100 endpoints, 10 down', run: pick(100, 10) },
];
