import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import { nonZero } from '#scenarios/support/edge.ts';
import { treeMemory } from '#scenarios/support/memory-slope.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import { type Asked, answer, type Row, ScriptedDns } from '#test/support/scripted-dns.ts';
import { ask } from '#test/support/typed.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const RATE = 500;
const RATE_SHORT = 100;
/** Traffic goes to the first; the others only multiply what is learned in the same time. */
const NAMES = ['app', 'second', 'third', 'fourth'];
const ROUNDS = 2;
/**
 * Why a minute for a round is enough: what could pile up does so by questions and lists, not by
 * time, and a round has 240 questions and 40 lists of 4,000 addresses. Had it kept those lists, be
 * it in 32 bytes an address, that would be 5 MB.
 */
const MAX_GROWTH_MB = 4;
/** For longer than the main thread takes to see that nothing grows any more (memory-trimmer.ts). */
const READINGS = 40;
const READING_MS = 200;
const THREADS = 2;
/** The kernel spreads connections over the threads as it likes. */
const MAX_ASKED_TO_COLLECT = 200;
const SERVERS = 10_000;
/** What one message of 64 KiB has room for. */
const PER_MESSAGE = 4_000;
/** Back-offs grow to 30 s, and a try takes 3 s: who has not asked by then asks no more. */
const PATIENCE_MS = 60_000;

/** What the name server does until each name was asked for so many times. */
interface Trouble {
  readonly name: string;
  /** A few seconds each: after failures questions come 1, 2, 4 … s apart, else 1 s. */
  readonly questions: number;
  readonly delayMs?: number;
  readonly script: (asked: Asked) => readonly Buffer[] | Buffer | undefined;
}

let turn = 0;
const rows = (ttlSec: number, ...addresses: readonly string[]): Row[] =>
  addresses.map((data) => ({ type: 'A', data, ttlSec }));
/** All of 127.0.0.0/8 is this machine: the one origin has as many addresses as it is said to have. */
const good = (asked: Asked) => answer(asked, rows(1, '127.0.0.1', '127.0.0.2', '127.0.0.3'));
const all = Array.from({ length: SERVERS }, (_, i) => `127.1.${i >> 8}.${i & 255}`);

/** Another part of them each time, as name servers do whose answer has no room for all. */
function tenThousand(asked: Asked): Buffer {
  if (asked.way === 'udp') return answer(asked, [], { isTruncated: true });
  turn = (turn + 1_234) % SERVERS;
  const part = [...all.slice(turn), ...all.slice(0, turn)].slice(0, PER_MESSAGE);
  return answer(asked, rows(0, ...part));
}

/** The second question shows that the first answer was taken. */
const WELL: Trouble = { name: 'well', questions: 2, script: good };
const TROUBLES: readonly Trouble[] = [
  { name: 'dead', questions: 2, script: () => undefined },
  { name: 'slow', questions: 4, script: good, delayMs: 1_500 },
  { name: 'NXDOMAIN', questions: 3, script: (asked) => answer(asked, [], { rcode: 3 }) },
  { name: 'SERVFAIL', questions: 3, script: (asked) => answer(asked, [], { rcode: 2 }) },
  {
    name: 'TTL 0',
    questions: 10,
    script: (asked) => answer(asked, rows(0, `127.0.0.${(turn++ % 3) + 1}`)),
  },
  { name: '10,000 records', questions: 10, script: tenThousand },
  {
    name: 'lies',
    questions: 2,
    script: (asked) => [
      answer(asked, rows(1, '192.0.2.1'), { id: asked.id ^ 1 }),
      answer(asked, rows(1, '192.0.2.1'), { question: { name: 'other.test', type: 'A' } }),
      answer(asked, [], { raw: Buffer.from('c01a', 'hex'), count: 1 }),
    ],
  },
];

export const scenario: Scenario = {
  name: 'dns-trouble',
  promise: 'whatever becomes of the name server, traffic flows and memory stays',
  target: `${RATE} req/s to a name (resolve), one of ${NAMES.length} whose name server is dead, slow, says NXDOMAIN, SERVFAIL, TTL 0, 10,000 records, lies: 0 failed, memory without garbage at most ${MAX_GROWTH_MB} MB more after the second round than after the first, and the new address within TTL + 1 s once it is well`,
  run: async (context) => {
    const origin = await startOriginFor(context, { host: '0.0.0.0' });
    const dns = await ScriptedDns.start(good);
    context.defer(() => dns.close());
    const weir = await startWeirFor(context, {
      name: 'weir.config.ts',
      conf: (port) => confOf(port, origin.port, dns.address),
    });
    const load = await startLoad({
      port: weir.port,
      seed: context.seed,
      mode: 'open',
      pacing: 'timer',
      heads: 'checked',
      connections: 128,
      ratePerSec: context.short ? RATE_SHORT : RATE,
    });
    const rounds: Round[] = [];
    while (rounds.length < (context.short ? 1 : ROUNDS) && !context.signal.aborted) {
      rounds.push(await goRound(context, dns, weir));
    }
    const newAddressMs = await isWellAgain(dns, weir);
    load.stop();
    const report = await load.done;
    const [first = 0, last = 0] = [rounds[0]?.ownMb, rounds.at(-1)?.ownMb];
    const isFlat = last - first <= MAX_GROWTH_MB;
    return {
      measured:
        `${report.failures} failed of ${report.requests} (${nonZero(report.failuresByKind) || 'none'}), ` +
        `${first.toFixed(1)} → ${last.toFixed(1)} MB, asked ${dns.asked.length} times, the new address ` +
        `${newAddressMs === undefined ? 'never' : `after ${newAddressMs.toFixed(0)} ms`}`,
      pass: report.failures === 0 && isFlat && newAddressMs !== undefined,
      details: { rounds, report, newAddressMs },
    };
  },
};

/** After all that was wrong. */
interface Round {
  /** Memory of the edge, megabytes. */
  readonly ownMb: number;
  /** Asked in this round. */
  readonly questions: number;
}

/** Every trouble for as long as its questions take, all well in between. */
async function goRound(context: ScenarioContext, dns: ScriptedDns, weir: Weir): Promise<Round> {
  const before = dns.asked.length;
  // The short form asks each once, without a pause in which all is well.
  const phases = context.short ? TROUBLES : TROUBLES.flatMap((one) => [WELL, one]);
  for (const { delayMs = 0, name, questions, script } of [...phases, WELL]) {
    context.signal.throwIfAborted();
    Object.assign(dns, { script, delayMs });
    await askedEach(dns, context.short ? 1 : questions);
    context.progress(`${name}: ${ownMb(weir).toFixed(1)} MB, asked ${dns.asked.length} times`);
  }
  return { ownMb: await settledMb(context, weir), questions: dns.asked.length - before };
}

/** Resolves when each name was asked for so many times from now on. @throws Error when it is not */
async function askedEach(dns: ScriptedDns, times: number): Promise<void> {
  const from = dns.asked.length;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const isOver = once(patience, 'abort');
  // A question that is repeated over TCP is one.
  const countOf = (name: string): number =>
    dns.asked.slice(from).filter((asked) => asked.way === 'udp' && asked.name === `${name}.test`)
      .length;
  for (;;) {
    const missing = NAMES.filter((name) => countOf(name) < times);
    if (missing.length === 0) return;
    if (patience.aborted) throw new Error(`not asked for ${times} times: ${missing.join(', ')}`);
    await Promise.race([dns.askedTimes(dns.asked.length + 1), isOver]);
  }
}

/**
 * What is kept: threads are asked to throw away their garbage, of which lists of thousands leave
 * megabytes; the main thread does so by itself. The least of some readings.
 */
async function settledMb({ short, signal }: ScenarioContext, weir: Weir): Promise<number> {
  await collectEach(weir);
  const readings = [ownMb(weir)];
  while (!short && readings.length < READINGS) {
    await delay(READING_MS, undefined, { signal });
    readings.push(ownMb(weir));
  }
  return Math.min(...readings);
}

/** @throws Error when a thread is never reached */
async function collectEach(weir: Weir): Promise<void> {
  const threads = new Set<string>();
  for (let asked = 0; threads.size < THREADS; asked++) {
    if (asked === MAX_ASKED_TO_COLLECT)
      throw new Error('one thread has collected, the other never');
    const { status, body } = await ask(weir, '/collect');
    if (status !== 200) throw new Error(`/collect: ${status}`);
    threads.add(body);
  }
}

function ownMb(weir: Weir): number {
  return treeMemory(weir.pid).ownKb / 1024;
}

/** In TypeScript, for the function that collects. */
function confOf(port: number, originPort: number, resolver: string): string {
  const upstreams = NAMES.map(
    (name) =>
      `${name}: { zone: '${name} 128k', server: ['${name}.test:${originPort} resolve'], keepalive: 128 },`,
  );
  const locations = NAMES.map((name) => `'/${name}/': { proxyPass: 'http://${name}' },`);
  return `
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { threadId } from 'node:worker_threads';
    import { defineConfig } from 'weir';

    function collect(): string {
      setFlagsFromString('--expose-gc');
      runInNewContext('gc')({ execution: 'sync', flavor: 'last-resort' });
      return String(threadId);
    }

    export default defineConfig({
      workerProcesses: ${THREADS},
      errorLog: 'stderr notice',
      events: { workerConnections: 4096 },
      http: {
        accessLog: 'off',
        resolver: '${resolver} ipv6=off',
        resolverTimeout: '3s',
        upstream: { ${upstreams.join(' ')} },
        server: [{
          listen: '127.0.0.1:${port}',
          location: {
            '/': { proxyPass: 'http://${NAMES[0]}' },
            ${locations.join(' ')}
            '= /collect': { handler: collect },
          },
        }],
      },
    });`;
}

/** From the first good answer to the line that says the list is taken; undefined: it never was. */
async function isWellAgain(dns: ScriptedDns, weir: Weir): Promise<number | undefined> {
  const from = weir.output.length;
  let changedAtMs = 0;
  dns.delayMs = 0;
  dns.script = (asked) => {
    if (asked.name === `${NAMES[0]}.test`) changedAtMs ||= performance.now();
    return answer(asked, rows(1, '127.0.0.9'));
  };
  try {
    await weir.waitForLine(/dns:app\.test:\d+: 1 new, \d+ gone, 1 in all/, from);
    return performance.now() - changedAtMs;
  } catch {
    return undefined;
  }
}
