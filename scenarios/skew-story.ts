import { get } from 'node:http';
import { startWeirFor } from '#scenarios/support/started.ts';
import { type WorkOrigin, WorkOrigins } from '#scenarios/support/work-origins.ts';
import { jainIndex } from '#src/shared/fairness.ts';
import { Random } from '#test/fuzz/random.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** Reference scenarios.md §3, the real-socket version. */
const ENDPOINTS = 3;
const EXPORTS = 3;
const CHECKS = 30;
const EXPORT_MS = 12_000;
const CHECK_MS = 5;
const ARRIVALS_MS = 12_000;
const SEEDS = 20;
const LEAST_J = 0.98;
/** The story, in a hundredth of its time: only that it is told matters. */
const SHORT_SHARE = 0.01;
const SHORT_SEEDS = 2;

/** How one edge balances. */
interface Setting {
  readonly name: string;
  readonly policy: string;
  readonly threads: number;
  /** Each thread knows of its own exchanges only, as a proxy without shared counters. */
  readonly isLocal: boolean;
}

const SETTINGS: readonly Setting[] = [
  { name: 'round robin', policy: '', threads: 2, isLocal: false },
  { name: 'least_conn', policy: 'least_conn;', threads: 2, isLocal: false },
  { name: 'least_conn, 4 threads', policy: 'least_conn;', threads: 4, isLocal: false },
  {
    name: 'least_conn, 2 threads that count alone',
    policy: 'least_conn;',
    threads: 2,
    isLocal: true,
  },
  {
    name: 'least_conn, 4 threads that count alone',
    policy: 'least_conn;',
    threads: 4,
    isLocal: true,
  },
];

export const scenario: Scenario = {
  name: 'skew-story',
  promise: 'a few long jobs among short ones are spread by what they cost, not by their number',
  target:
    `${EXPORTS} jobs of ${EXPORT_MS / 1000} s and ${CHECKS} of ${CHECK_MS} ms to ${ENDPOINTS} endpoints, mean of ${SEEDS} seeds: ` +
    `Jain's index of busy time ≥ ${LEAST_J} with least_conn; with counters per thread, and with round robin, lower`,
  run: async (context) => {
    const count = context.short ? SHORT_SEEDS : SEEDS;
    const seeds = Array.from({ length: count }, (_, at) => context.seed + at);
    context.progress(`seeds ${seeds.join(' ')}`);
    const edges = await Promise.all(SETTINGS.map((setting) => open(context, setting, count)));
    await Promise.all(
      edges.flatMap((edge) => seeds.map((seed, at) => tell(context, edge, at, seed))),
    );
    const results = edges.map(({ setting, groups }) => {
      const indices = groups.map((group) => jainIndex(group.map(({ workMs }) => workMs)));
      const requests = groups.map((group) => jainIndex(group.map((origin) => origin.requests)));
      return { ...setting, load: mean(indices), requests: mean(requests), indices };
    });
    const [turns, shared, shared4, local, local4] = results.map(({ load }) => load) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const isBetter = Math.max(local, local4, turns) < Math.min(shared, shared4);
    return {
      measured: results
        .map(
          ({ load, name, requests }) =>
            `${name}: ${load.toFixed(3)} (of requests ${requests.toFixed(3)})`,
        )
        .join('; '),
      pass: context.short || (Math.min(shared, shared4) >= LEAST_J && isBetter),
      details: { seeds, results },
    };
  },
};

interface StoryEdge {
  readonly setting: Setting;
  readonly weir: Weir;
  /** The endpoints of each seed. */
  readonly groups: readonly (readonly WorkOrigin[])[];
}

async function open(context: ScenarioContext, setting: Setting, seeds: number): Promise<StoryEdge> {
  const origins = await WorkOrigins.start(seeds * ENDPOINTS);
  context.defer(() => origins.close());
  const groups = Array.from({ length: seeds }, (_, at) =>
    origins.all.slice(at * ENDPOINTS, (at + 1) * ENDPOINTS),
  );
  const upstreams = groups.map((group, at) => {
    const servers = group.map(({ port }) => `server 127.0.0.1:${port};`).join(' ');
    return `upstream story${at} { ${setting.policy} ${servers} }`;
  });
  const locations = groups.map((_, at) => `location /${at}/ { proxy_pass http://story${at}/; }`);
  const weir = await startWeirFor(context, {
    env: setting.isLocal ? { WEIR_TEST_LOCAL_LOAD: '1' } : {},
    conf: (port) => `
      worker_processes ${setting.threads};
      error_log stderr notice;
      events { }
      http {
        access_log off;
        ${upstreams.join('\n')}
        server { listen 127.0.0.1:${port}; ${locations.join('\n')} }
      }`,
  });
  return { setting, weir, groups };
}

/** One story: the jobs in random order, at random times. */
async function tell(
  context: ScenarioContext,
  { weir }: StoryEdge,
  group: number,
  seed: number,
): Promise<void> {
  const random = new Random(seed);
  const share = context.short ? SHORT_SHARE : 1;
  const jobs = Array.from({ length: EXPORTS + CHECKS }, (_, at) => {
    const ms = at < EXPORTS ? EXPORT_MS : CHECK_MS;
    return { atMs: random.next() * ARRIVALS_MS * share, ms: Math.round(ms * share) };
  });
  await Promise.all(
    jobs.map(async ({ atMs, ms }) => {
      await new Promise((resolve) => setTimeout(resolve, atMs));
      if (!context.signal.aborted) await work(weir.url(`/${group}/work/${ms}`));
    }),
  );
}

/** On a connection of its own: the kernel chooses the thread. */
function work(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume().on('end', resolve);
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
    });
    request.on('error', reject);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
