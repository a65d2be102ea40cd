/** Stop 7 of a request: the endpoint that takes it, with the counts in shared memory. */
import { ManualClock } from '#src/base/clock.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import { USUAL_POLICY, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import { type PickContext, Tier } from '#src/upstream/tier.ts';
import type { Bench } from './measure.ts';

const THREADS = 4;
/** A thread picks so often when it serves 10,000 requests a second: times are read anew every 10. */
const PICK_MS = 0.1;
/** Times fade over 10 s: each 65,536 picks, which are 6.5 s, there are new ones. */
const RECORD_MASK = 0xffff;

function endpoints(table: EndpointTable, count: number, down: number): Endpoint[] {
  const clock = new ManualClock();
  return Array.from({ length: count }, (_, id) => {
    const config = {
      address: { kind: 'tcp', host: '127.0.0.1', port: 80 } as const,
      name: `127.0.0.1:${id}`,
      server: `127.0.0.1:${id}`,
      ...USUAL_TRAITS,
      ...{ weight: 1 + (id % 3), down: id < down },
      place: { file: '', line: 1, column: 1 },
    };
    return new Endpoint(config, id, table.standing, clock, false);
  });
}

/**
 * `loads`: what the endpoints have in flight, over and over, so that bounds of load have to be worked
 * out.
 */
function pick(
  name: string,
  count: number,
  down = 0,
  words: readonly string[] = [],
  loads: readonly number[] = [0],
): Bench['run'] {
  const sizes = { threadCount: THREADS, endpointCount: count, upstreamCount: 1 };
  const shared = allocateShared(sizes);
  const table = new EndpointTable(shared, THREADS, count, 0);
  const kind = balancerNamed(name);
  const all = endpoints(table, count, down);
  const balancer = kind.create({ endpoints: all.map(({ config }) => config), words });
  const measure = kind.measure?.(words) ?? 'none';
  const clock = new ManualClock();
  const tier = new Tier(all, balancer, table, measure, clock, USUAL_POLICY);
  const tables = Array.from({ length: THREADS }, (_, thread) =>
    thread === 0 ? table : new EndpointTable(shared, THREADS, count, thread),
  );
  const recordAll = (): void => {
    const nowMs = sharedNowMs(clock.nowMs);
    for (const { times } of tables)
      for (const { id } of all) times.record(id, 1 + (id % 7), 2 + (id % 7), false, nowMs);
  };
  for (const { id } of all) {
    for (let load = loads[id % loads.length] as number; load > 0; load--) table.start(id);
  }
  let serial = 0;
  let picks = 0;
  const context: PickContext = {
    hasTried: () => false,
    isRetry: false,
    session: () => '',
    nextTurn: () => table.nextTurn(0),
    key: () => KEYS[serial++ & (KEYS.length - 1)] as string,
  };
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      clock.nowMs += PICK_MS;
      if ((picks++ & RECORD_MASK) === 0) recordAll();
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

const FACTOR = 'balance_factor=150';

/** Policies with a key, and their words. */
const KEYED: readonly (readonly [string, ...string[]])[] = [
  ['hash', '$uri'],
  ['hash', '$uri', 'consistent'],
  ['hash', '$uri', 'consistent', FACTOR],
  ['maglev', '$uri'],
  ['maglev', '$uri', FACTOR],
  ['rendezvous', '$uri'],
  ['rendezvous', '$uri', FACTOR],
];

export const benches: readonly Bench[] = [
  { name: 'round robin, one of 3', run: pick('round_robin', 3) },
  { name: 'round robin, one of 100', run: pick('round_robin', 100) },
  { name: 'round robin, one of 100, 10 down', run: pick('round_robin', 100, 10) },
  ...[
    ['least_conn'],
    ['least_time', 'header'],
    ['least_time', 'last_byte', 'inflight'],
    ['peak_ewma'],
    ['prequal'],
    ['random'],
    ['random', 'two'],
    ['random', 'two', 'least_time=header'],
  ].flatMap(([name = '', ...words]) =>
    [16, 64, 1000].map((count) => ({
      name: `${[name, ...words].join(' ')}, one of ${count}`,
      run: pick(name, count, 0, words),
    })),
  ),
  ...[16, 64].flatMap((count) => [
    { name: `ip_hash, one of ${count}`, run: pick('ip_hash', count) },
    ...KEYED.map(([name, ...words]): Bench => {
      const title = [name, ...words.slice(1)].join(' ');
      return { name: `${title}, one of ${count}`, run: pick(name, count, 0, words, [1]) };
    }),
    // Half of the keys are those of an endpoint that is full.
    ...KEYED.filter((words) => words.includes(FACTOR)).map(([name, ...words]): Bench => {
      const title = [name, ...words.slice(1)].join(' ');
      const run = pick(name, count, 0, words, [9, 1]);
      return { name: `${title}, one of ${count}, half full`, run };
    }),
  ]),
];
