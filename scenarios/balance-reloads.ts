import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import { nonZero } from '#scenarios/support/edge.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { WorkOrigins } from '#scenarios/support/work-origins.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const RELOADS = 100;
const RELOADS_SHORT = 5;
const RATE_PER_SEC = 400;
const ENDPOINTS = 3;
/** Requests of a session that has moved. */
const AFTER_MOVE = 20;
/** A reload has handed over what it knows within 100 ms. */
const LOOKS = 5;
const LOOK_MS = 25;

export const scenario: Scenario = {
  name: 'balance-reloads',
  promise: 'a reload forgets nothing of the load: averages, turns and sessions go on',
  target:
    `${RELOADS} reloads under load: 0 failed, round robin goes on where it was, means of all ` +
    'endpoints known within 100 ms of each, a session stays where it is; when its endpoint is taken out it moves once',
  run: async (context) => {
    const origins = await WorkOrigins.start(ENDPOINTS);
    context.defer(() => origins.close());
    const weir = await start(context, origins);
    const load = await startLoad({
      port: weir.port,
      mode: 'open',
      path: '/times/work/1',
      ratePerSec: RATE_PER_SEC,
      connections: 16,
    });
    const count = context.short ? RELOADS_SHORT : RELOADS;
    const session = new Session(weir);
    const turns: string[] = [];
    const homes: string[] = [];
    let forgotten = 0;
    while ((await knownMeans(weir)) < ENDPOINTS); // each has answered once
    for (let reload = 1; reload <= count && !context.signal.aborted; reload++) {
      turns.push(await name(weir, '/turns/work/0'));
      homes.push(await session.ask());
      await reloadOf(weir);
      if ((await knownSoon(weir)) < ENDPOINTS) forgotten += 1;
      if (reload % 20 === 0) context.progress(`${reload} reloads`);
    }
    const home = homes.at(-1) ?? '';
    const moved = await drain(weir, session, origins, home);
    load.stop();
    const report = await load.done;
    const inTurn = turns.every((port, at) => port === turns[at % ENDPOINTS]);
    const isSpread = new Set(turns).size === ENDPOINTS;
    const stays = homes.every((port) => port === home);
    const movedOnce = moved.every((port) => port === moved[0]) && moved[0] !== home;
    return {
      measured:
        `${count} reloads: ${report.failures} failed of ${report.requests} (${nonZero(report.failuresByKind)}); ` +
        `turns ${inTurn && isSpread ? 'in order' : 'out of order'}; means forgotten ${forgotten} times; ` +
        `the session was at ${new Set(homes).size} endpoint, and, its endpoint taken out, at ${new Set(moved).size} other`,
      pass: report.failures === 0 && inTurn && isSpread && forgotten === 0 && stays && movedOnce,
      details: { turns, homes, moved, report },
    };
  },
};

function confOf(port: number, origins: WorkOrigins, drained: string): string {
  const servers = origins.all.map((origin) => {
    return `server 127.0.0.1:${origin.port}${drained === `${origin.port}` ? ' down' : ''};`;
  });
  const text = servers.join(' ');
  return `
    worker_processes 2;
    error_log stderr notice;
    events { }
    http {
      access_log off;
      upstream turns { ${text} }
      upstream times { least_time header; ${text} }
      upstream stuck { sticky cookie home; ${text} }
      server {
        listen 127.0.0.1:${port};
        location /turns/ { proxy_pass http://turns/; }
        location /times/ { proxy_pass http://times/; }
        location /stuck/ { proxy_pass http://stuck/; }
        location = /weir-status { status_json; }
      }
    }`;
}

async function start(context: ScenarioContext, origins: WorkOrigins): Promise<Weir> {
  const weir = await startWeirFor(context, { conf: (port) => confOf(port, origins, '') });
  return weir;
}

async function reloadOf(weir: Weir): Promise<void> {
  const from = weir.output.length;
  weir.signal('SIGHUP');
  await weir.waitForLine(/reconfigured: generation \d+ serves/, from);
}

/** The endpoint of the session goes out of service; where the session is from then on. */
async function drain(
  weir: Weir,
  session: Session,
  origins: WorkOrigins,
  home: string,
): Promise<string[]> {
  weir.writeConf(confOf(weir.port, origins, home));
  await reloadOf(weir);
  const ports: string[] = [];
  for (let request = 0; request < AFTER_MOVE; request++) ports.push(await session.ask());
  return ports;
}

/** A client that brings the cookies it was given. */
class Session {
  readonly #weir: Weir;
  #cookie = '';

  constructor(weir: Weir) {
    this.#weir = weir;
  }

  /** The port that answered. */
  async ask(): Promise<string> {
    const fields = this.#cookie === '' ? {} : { cookie: this.#cookie };
    const { body, head } = await ask(this.#weir, '/stuck/work/0', fields);
    const given = head.headers['set-cookie']?.[0];
    if (given !== undefined) this.#cookie = given.split(';', 1)[0] ?? '';
    return body;
  }
}

/** Endpoints of the upstream `times` whose mean is known. */
async function knownMeans(weir: Weir): Promise<number> {
  const { body } = await ask(weir, '/weir-status');
  const { upstreams } = JSON.parse(body) as {
    upstreams: readonly { name: string; endpoints: readonly { headerMs?: number }[] }[];
  };
  const times = upstreams.find(({ name }) => name === 'times')?.endpoints ?? [];
  return times.filter(({ headerMs }) => headerMs !== undefined).length;
}

/** The same; what the old generation knows comes when the new one serves already. */
async function knownSoon(weir: Weir): Promise<number> {
  let count = 0;
  for (let look = 0; look < LOOKS && count < ENDPOINTS; look++) {
    if (look > 0) await delay(LOOK_MS);
    count = await knownMeans(weir);
  }
  return count;
}

/** The port that answered. */
async function name(weir: Weir, path: string): Promise<string> {
  return (await ask(weir, path)).body;
}

/** On a connection of its own. */
function ask(
  weir: Weir,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ head: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(weir.url(path), { agent: false, headers }, (head) => {
      let body = '';
      head.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      head.on('end', () => {
        if (head.statusCode === 200) resolve({ head, body: body.trim() });
        else reject(new Error(`${path}: ${head.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}
