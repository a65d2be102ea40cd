import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { nonZero } from '#scenarios/support/edge.ts';
import { treeMemory } from '#scenarios/support/memory-slope.ts';
import { type Asked, answer, type Row, ScriptedDns } from '#test/support/scripted-dns.ts';
import { startWeir } from '#test/support/weir.ts';
import type { Scenario } from './scenario.ts';

const RATE = 500;
const RATE_SHORT = 100;
/** Less than a back-off of 16 s can grow to: in the next phase it is asked again. */
const PHASE_MS = 15_000;
const PHASE_SHORT_MS = 1_000;
const MAX_GROWTH_MB = 4;
const SERVERS = 10_000;
/** What one message of 64 KiB has room for. */
const PER_MESSAGE = 4_000;

/** What the name server does for a while. */
interface Trouble {
  readonly name: string;
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

const WELL: Trouble = { name: 'well', script: good };
const TROUBLES: readonly Trouble[] = [
  { name: 'dead', script: () => undefined },
  { name: 'slow', script: good, delayMs: 1_500 },
  { name: 'NXDOMAIN', script: (asked) => answer(asked, [], { rcode: 3 }) },
  { name: 'SERVFAIL', script: (asked) => answer(asked, [], { rcode: 2 }) },
  { name: 'TTL 0', script: (asked) => answer(asked, rows(0, `127.0.0.${(turn++ % 3) + 1}`)) },
  { name: '10,000 records', script: tenThousand },
  {
    name: 'lies',
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
  target: `${RATE} req/s to a name (resolve) whose name server is dead, slow, says NXDOMAIN, SERVFAIL, TTL 0, 10,000 records, lies: 0 failed, memory at most ${MAX_GROWTH_MB} MB more after the second round than after the first, and the new address within TTL + 1 s once it is well`,
  run: async (context) => {
    const origin = await startOrigin({ host: '0.0.0.0' });
    context.defer(() => origin.close());
    const dns = await ScriptedDns.start(good);
    context.defer(() => dns.close());
    const weir = await startWeir({
      conf: (port) => `
        worker_processes 2;
        error_log stderr notice;
        events { worker_connections 4096; }
        http {
          access_log off;
          resolver ${dns.address} ipv6=off;
          resolver_timeout 3s;
          upstream app { zone app 128k; server app.test:${origin.port} resolve; keepalive 128; }
          server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
        }`,
    });
    context.defer(async () => {
      weir.killAll();
      await weir.waitForExit();
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
    const phaseMs = context.short ? PHASE_SHORT_MS : PHASE_MS;
    const rounds: number[] = [];
    while (rounds.length < (context.short ? 1 : 2) && !context.signal.aborted) {
      for (const { delayMs = 0, name, script } of TROUBLES.flatMap((one) => [WELL, one])) {
        Object.assign(dns, { script, delayMs });
        await delay(phaseMs, undefined, { signal: context.signal });
        const { ownKb } = treeMemory(weir.pid);
        context.progress(
          `${name}: ${(ownKb / 1024).toFixed(1)} MB, asked ${dns.asked.length} times`,
        );
      }
      rounds.push(treeMemory(weir.pid).ownKb / 1024);
    }
    const newAddressMs = await isWellAgain(dns, weir);
    load.stop();
    const report = await load.done;
    const [first = 0, last = 0] = [rounds[0], rounds.at(-1)];
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

/** From the first good answer to the line that says the list is taken; undefined: it never was. */
async function isWellAgain(
  dns: ScriptedDns,
  weir: Awaited<ReturnType<typeof startWeir>>,
): Promise<number | undefined> {
  const from = weir.output.length;
  let changedAtMs = 0;
  dns.delayMs = 0;
  dns.script = (asked) => {
    changedAtMs ||= performance.now();
    return answer(asked, rows(1, '127.0.0.9'));
  };
  try {
    await weir.waitForLine(/dns:app\.test:\d+: 1 new, \d+ gone, 1 in all/, from);
    return performance.now() - changedAtMs;
  } catch {
    return undefined;
  }
}
