import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { statusOf } from '#scenarios/support/edge.ts';
import { HoldingOrigin } from '#scenarios/support/holding-origin.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const LIMIT = 1_000;
const LIMIT_SHORT = 100;
/** Of the limit: how many are one too many; half of them find room in the queue where there is one. */
const EXCESS = 0.1;
/** So many of the excess come at a time. */
const AT_A_TIME = 5;
const MAX_MS = 10;
const LOOK_MS = 5;

/** What is limited, and the reason of a 503. */
const CASES = [
  { path: '/server', limits: 'max_conns of two servers', reason: 'upstream_full', waits: 0 },
  { path: '/upstream', limits: 'max_conns of the upstream', reason: 'upstream_full', waits: 0 },
  { path: '/pending', limits: 'and a queue', reason: 'queue_full', waits: 0.5 },
] as const;

interface Load {
  readonly name: string;
  readonly queue: { readonly length: number };
  readonly endpoints: readonly { readonly active: number }[];
}

export const scenario: Scenario = {
  name: 'thresholds',
  promise: 'what is above a limit is answered at once, with its reason; what is below it is served',
  target: `${(LIMIT * (1 + EXCESS)).toLocaleString('en')} parallel requests at limits of ${LIMIT.toLocaleString('en')}, 2 threads: exactly the excess gets 503, 95 % within ${MAX_MS} ms, with the reason in a header; all others 200`,
  run: async (context) => {
    const limit = context.short ? LIMIT_SHORT : LIMIT;
    const origin = await HoldingOrigin.start();
    context.defer(() => origin.close());
    const weir = await start(context, origin.port, limit);
    const measured: string[] = [];
    const details: Record<string, unknown> = {};
    let pass = true;
    for (const { limits, path, reason, waits } of CASES) {
      const { p95Ms, peak, refused, served, slowestMs } = await exceed(
        weir,
        origin,
        path,
        limit,
        waits,
      );
      const excess = limit * EXCESS;
      const waiting = excess * waits;
      const others = limit + excess - refused.length - served;
      const asTold = refused.filter((told) => told === reason).length;
      context.progress(limits);
      measured.push(
        `${limits}: ${refused.length} got 503 (${asTold} ${reason}), 95 % of them within ${p95Ms.toFixed(1)} ms (slowest ${slowestMs.toFixed(1)}), ` +
          `${served} got 200, ${others} others, at most ${peak} at a time`,
      );
      details[path] = { refused: refused.length, served, p95Ms, slowestMs, peak };
      pass &&= refused.length === excess - waiting && asTold === refused.length;
      pass &&= served === limit + waiting && peak === limit;
      pass &&= context.short || p95Ms < MAX_MS;
    }
    return { measured: measured.join('; '), pass, details };
  },
};

async function start(context: ScenarioContext, port: number, limit: number): Promise<Weir> {
  const one = `server 127.0.0.1:${port}`;
  return startWeirFor(context, {
    conf: (own) => `
      worker_processes 2;
      error_log stderr crit;
      events { worker_connections 8192; }
      http {
        access_log off;
        upstream server { ${one} max_conns=${limit / 2}; ${one} max_conns=${limit / 2}; }
        upstream all { ${one}; ${one}; max_conns ${limit}; }
        upstream pending { ${one}; ${one}; max_conns ${limit}; queue ${limit * EXCESS * 0.5}; }
        server {
          listen 127.0.0.1:${own};
          add_header X-Overloaded $reason always;
          location /server { proxy_pass http://server; }
          location /upstream { proxy_pass http://all; }
          location /pending { proxy_pass http://pending; }
          location = /weir-status { status_json; }
        }
      }`,
  });
}

/** As many as the limit at once, then the excess while those are held; then all are answered. */
async function exceed(
  weir: Weir,
  origin: HoldingOrigin,
  path: string,
  limit: number,
  waits: number,
) {
  const excess = limit * EXCESS;
  const clients = await Promise.all(
    Array.from({ length: limit + excess }, () => Client.open(weir.port)),
  );
  origin.peak = 0;
  const answers = clients.slice(0, limit).map((client) => client.ask(path));
  await until(async () => origin.held === limit);
  const waiting = excess * waits;
  answers.push(...clients.slice(limit, limit + waiting).map((client) => client.ask(path)));
  await until(async () => (await queued(weir)) === waiting);
  await until(async () => await isAtRest(weir));
  const refused: string[] = [];
  const times: number[] = [];
  for (let at = limit + waiting; at < clients.length; at += AT_A_TIME) {
    const batch = clients.slice(at, at + AT_A_TIME).map((client) => client.ask(path));
    for (const { ms, reason, status } of await Promise.all(batch)) {
      times.push(ms);
      if (status === 503) refused.push(reason);
    }
  }
  origin.release();
  const served = (await Promise.all(answers)).filter(({ status }) => status === 200).length;
  origin.hold();
  for (const client of clients) client.close();
  times.sort((a, b) => a - b);
  const [p95Ms, slowestMs] = [times[Math.floor(0.95 * times.length)] ?? 0, times.at(-1) ?? 0];
  return { refused, served, p95Ms, slowestMs, peak: origin.peak };
}

async function queued(weir: Weir): Promise<number> {
  const { upstreams } = (await statusOf(weir)) as unknown as { upstreams: Load[] };
  return upstreams.find(({ name }) => name === 'pending')?.queue.length ?? -1;
}

/** The storm is over that brought so many: what is asked next is answered at once. */
async function isAtRest(weir: Weir): Promise<boolean> {
  const startMs = performance.now();
  await statusOf(weir);
  return performance.now() - startMs < MAX_MS / 2;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await after(LOOK_MS);
}

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly ms: number;
}

/** One connection that asks once. */
class Client {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<Client> {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  async ask(path: string): Promise<Answer> {
    const startMs = performance.now();
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const [bytes] = (await once(this.#socket, 'data')) as [Buffer];
    const head = bytes.toString('latin1');
    const reason = /^X-Overloaded: (\S+)/im.exec(head)?.[1] ?? '';
    return { status: Number(head.slice(9, 12)), reason, ms: performance.now() - startMs };
  }

  close(): void {
    this.#socket.destroy();
  }
}
