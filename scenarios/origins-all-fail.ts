import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const ORIGINS = 4;
const MOST_LOAD = 1.2;
const FOR_MS = 10_000;
const REQUESTS_SHORT = 1_000;
/** With so few requests the reserve of the budget (30) and its 3/s are seen. */
const LEAST_SHORT = 100;

export const scenario: Scenario = {
  name: 'origins-all-fail',
  promise: 'when all endpoints fail, further tries do not multiply their load',
  target: `2,000 req/s, four endpoints that answer 503, proxy_next_upstream http_503, nobody put aside, two threads: they get at most ${MOST_LOAD} times what clients send`,
  run: async (context) => {
    let arrived = 0;
    const origins: Server[] = [];
    for (let at = 0; at < ORIGINS; at++) {
      const origin = createServer((_, response) => {
        arrived += 1;
        response.writeHead(503).end();
      });
      origin.listen(0, '127.0.0.1');
      await once(origin, 'listening');
      origins.push(origin);
    }
    context.defer(() => {
      for (const origin of origins) origin.close().closeAllConnections();
    });
    const ports = origins.map((origin) => (origin.address() as AddressInfo).port);
    const sent = await load(context, ports);
    const ratio = arrived / sent;
    const isFine = ratio <= MOST_LOAD || (context.short && arrived - sent <= LEAST_SHORT);
    return {
      measured: `${arrived} requests arrived of ${sent} that clients sent: ${ratio.toFixed(3)} times`,
      pass: sent > 0 && isFine,
      details: { arrived, sent, ratio },
    };
  },
};

/** How many requests the clients have sent. */
async function load(context: ScenarioContext, ports: readonly number[]): Promise<number> {
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log logs/error.log crit;
      events { worker_connections 8192; }
      http {
        access_log off;
        upstream origins {
          ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')}
        }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origins; proxy_next_upstream error timeout http_503; }
        }
      }`,
  });
  const run = await startLoad({
    port: weir.port,
    seed: context.seed,
    mode: 'open',
    heads: 'checked',
    pacing: 'timer',
    connections: 256,
    ratePerSec: 2_000,
    ...(context.short ? { requests: REQUESTS_SHORT } : {}),
  });
  if (!context.short) {
    await delay(FOR_MS);
    run.stop();
  }
  return (await run.done).requests; // those that failed included
}
