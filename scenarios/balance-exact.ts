import { get } from 'node:http';
import { startWeirFor } from '#scenarios/support/started.ts';
import { WorkOrigins } from '#scenarios/support/work-origins.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const THREADS = [1, 2, 4];
const REQUESTS = 300;
/** Of nginx's algorithm, for weights 5, 1, 1. */
const SMOOTH = 'aabacaa';

export const scenario: Scenario = {
  name: 'balance-exact',
  promise: 'round robin is exact over all threads, and smooth with weights',
  target:
    `1, 2 and 4 threads: ${REQUESTS} requests, each on a connection of its own, to 3 endpoints are ` +
    `100/100/100; weights 5 1 1 give ${SMOOTH}, over and over`,
  run: async (context) => {
    const runs = [];
    for (const threads of THREADS) {
      runs.push(await measure(context, threads));
      context.progress(`${threads} threads`);
    }
    const texts = runs.map(({ order, shares, threads, usedThreads }) => {
      const used = `${usedThreads} of ${threads} threads took connections`;
      return `${threads}: ${shares.join('/')}, ${order.slice(0, 14)} (${used})`;
    });
    return {
      measured: texts.join('; '),
      pass: runs.every(
        ({ isSmooth, shares }) => isSmooth && shares.every((count) => count === 100),
      ),
      details: { runs },
    };
  },
};

async function measure(context: ScenarioContext, threads: number) {
  const equal = await WorkOrigins.start(3);
  const weighted = await WorkOrigins.start(3);
  context.defer(async () => {
    await Promise.all([equal.close(), weighted.close()]);
  });
  const servers = (origins: WorkOrigins, weights: readonly number[]): string =>
    origins.all.map(({ port }, at) => `server 127.0.0.1:${port} weight=${weights[at]};`).join(' ');
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes ${threads};
      error_log stderr notice;
      events { }
      http {
        access_log off;
        upstream equal { ${servers(equal, [1, 1, 1])} }
        upstream weighted { ${servers(weighted, [5, 1, 1])} }
        server {
          listen 127.0.0.1:${port};
          location /work/ { proxy_pass http://equal; }
          location /weighted/ { proxy_pass http://weighted/work/; }
          location = /weir-status { status_json; }
        }
      }`,
  });
  // Equal ones come all at once, and none is answered before the last is there.
  await Promise.all(Array.from({ length: REQUESTS }, () => ask(weir.url('/work/20'))));
  for (let request = 0; request < 2 * SMOOTH.length * 5; request++) {
    await ask(weir.url('/weighted/0'));
  }
  const status = JSON.parse(await ask(weir.url('/weir-status'))) as {
    threads: readonly { accepted: number }[];
  };
  const order = weighted.order.map((at) => 'abc'[at]).join('');
  const shares = equal.all.map(({ requests }) => requests);
  const usedThreads = status.threads.filter(({ accepted }) => accepted > 0).length;
  const isSmooth = order === SMOOTH.repeat(order.length / SMOOTH.length);
  return { threads, shares, order, isSmooth, usedThreads };
}

/** The body of the answer, on a connection of its own: so all threads take part. */
function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url}: ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}
