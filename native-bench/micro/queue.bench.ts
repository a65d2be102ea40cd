/** What an exchange pays at its upstream for limits and a queue that it does not wait in. */
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { allocateShared, SharedState } from '#src/shared/shared-state.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import type { PickContext } from '#src/upstream/tier.ts';
import { Upstream } from '#src/upstream/upstream.ts';
import type { Bench } from './measure.ts';

const THREADS = 4;

function pickAndLeave(parameters: string, directives: string): Bench['run'] {
  const clock = new ManualClock();
  const servers = [1, 2, 3].map((n) => `server 127.0.0.${n} ${parameters};`).join(' ');
  const text = `events {} http { upstream app { ${servers} ${directives} }
    server { location / { proxy_pass http://app; } } }`;
  const nodes = parse(text, 'bench.conf', new Problems());
  const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const config = buildModel({ ...tree, defaultPort: 1 }, clock).model?.upstreams[0];
  if (config === undefined) throw new Error('the configuration has a problem');
  const sizes = { threadCount: THREADS, endpointCount: 3, upstreamCount: 1 };
  const { endpoints: table } = new SharedState(allocateShared(sizes), sizes, 0);
  const thread = { wheel: new TimerWheel(clock) } as unknown as PoolThread;
  const upstream = new Upstream(config, 0, 0, table, thread);
  const context: PickContext = {
    hasTried: () => false,
    isRetry: false,
    nextTurn: () => upstream.nextTurn(),
    key: () => '',
    session: () => '',
  };
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      const endpoint = upstream.pick(context);
      if (endpoint === undefined) continue;
      total += endpoint.id;
      upstream.finish(endpoint, false, 0);
    }
    return total;
  };
}

export const benches: readonly Bench[] = [
  { name: 'pick and leave, one of 3', run: pickAndLeave('', '') },
  { name: 'with max_conns', run: pickAndLeave('max_conns=10', '') },
  { name: 'with max_conns and queue', run: pickAndLeave('max_conns=10', 'queue 100;') },
];
