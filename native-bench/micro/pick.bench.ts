/** Stop 7 of a request: the endpoint that takes it, with the counts in shared memory. */
import { ManualClock } from '#src/base/clock.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import { USUAL_POLICY } from '#src/upstream/endpoint/upstream-config.ts';
import { type PickContext, Tier } from '#src/upstream/tier.ts';
import type { Bench } from './measure.ts';

const THREADS = 4;

function endpoints(count: number, down: number): Endpoint[] {
  const clock = new ManualClock();
  return Array.from({ length: count }, (_, id) => {
    const config = {
      address: { kind: 'tcp', host: '127.0.0.1', port: 80 } as const,
      name: `127.0.0.1:${id}`,
      server: `127.0.0.1:${id}`,
      ...{ maxConns: 0, maxFails: 1, failTimeoutMs: 10_000, tier: 0, slowStartMs: 0, locality: '' },
      ...{ weight: 1 + (id % 3), down: id < down },
      place: { file: '', line: 1, column: 1 },
    };
    return new Endpoint(config, id, clock, false);
  });
}

/** `isBusy`: each endpoint has something in flight, so bounds of load have to be worked out. */
function pick(
  name: string,
  count: number,
  down = 0,
  words: readonly string[] = [],
  isBusy = false,
): Bench['run'] {
  const sizes = { threadCount: THREADS, endpointCount: count, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), THREADS, count, 0);
  const kind = balancerNamed(name);
  const all = endpoints(count, down);
  const balancer = kind.create({ endpoints: all.map(({ config }) => config), words });
  const measure = kind.measure?.(words) ?? 'none';
  const clock = new ManualClock();
  const tier = new Tier(all, balancer, table, measure, clock, USUAL_POLICY);
  for (const { id } of all) table.times.record(id, 1 + (id % 7), 2 + (id % 7), false, 1);
  if (isBusy) for (const { id } of all) table.start(id);
  let serial = 0;
  const context: PickContext = {
    hasTried: () => false,
    nextTurn: () => table.nextTurn(0),
    key: () => KEYS[serial++ & (KEYS.length - 1)] as string,
  };
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      const endpoint = tier.pick(context);
      if (endpoint === undefined) continue;
      table.start(endpoint.id);
      total += endpoint.id;
      table.finish(endpoint.id, 0);
    }
    return total;
  };
}

const KEYS = Array.from({ length: 256 }, (_, n) => `/users/${n * 7919}/orders`);

/** Policies with a key, and their words. */
const KEYED: readonly (readonly [string, ...string[]])[] = [
  ['hash', '$uri'],
  ['hash', '$uri', 'consistent'],
  ['hash', '$uri', 'consistent', 'balance_factor=150'],
  ['maglev', '$uri'],
  ['maglev', '$uri', 'balance_factor=150'],
  ['rendezvous', '$uri'],
  ['rendezvous', '$uri', 'balance_factor=150'],
];

export const benches: readonly Bench[] = [
  { name: 'round robin, one of 3', run: pick('round_robin', 3) },
  { name: 'round robin, one of 100', run: pick('round_robin', 100) },
  { name: 'round robin, one of 100, 10 down', run: pick('round_robin', 100, 10) },
  { name: 'least_conn, one of 16', run: pick('least_conn', 16) },
  { name: 'least_conn, one of 64', run: pick('least_conn', 64) },
  ...[16, 64].flatMap((count) => [
    { name: `ip_hash, one of ${count}`, run: pick('ip_hash', count) },
    ...KEYED.map(([name, ...words]): Bench => {
      const title = [name, ...words.slice(1)].join(' ');
      return { name: `${title}, one of ${count}`, run: pick(name, count, 0, words, true) };
    }),
  ]),
];
