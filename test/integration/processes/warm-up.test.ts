// The launcher's threads warm up before they accept, and nobody can tell afterwards.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** It ends when it has had its exchanges, however slow the machine is. */
const LONG_ENOUGH_MS = '60000';

/** What this test reads of `status_json`. */
interface Totals {
  readonly requests: { readonly total: number; readonly responses: Record<string, number> };
  readonly connections: { readonly active: number };
  readonly upstreamConnections: { readonly dialed: number; readonly reused: number };
  readonly upstreams: readonly { readonly name: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'weir-warm-up-'));
chmodSync(folder, 0o755); // the generation runs as another user when the master is root
after(() => rmSync(folder, { recursive: true }));

const conf = (log: string) => (port: number) =>
  `
  error_log stderr debug;
  worker_processes 1;
  events {}
  http {
    access_log ${join(folder, log)};
    server {
      listen 127.0.0.1:${port};
      location = /status { status_json; }
      location / { proxy_pass http://127.0.0.1:9; }
    }
  }`;

/** Lines of the debug log about warm-ups, by exchanges. */
function warmUps({ output }: Weir): number[] {
  return [...output.matchAll(/\[debug\].* warm-up: (\d+) exchanges$/gm)].map(([, n]) => Number(n));
}

async function totals(weir: Weir): Promise<Totals> {
  const response = await fetch(weir.url('/status'), { headers: { connection: 'close' } });
  return (await response.json()) as Totals;
}

describe('a start', () => {
  for (const tier of ['fast', 'portable']) {
    it(`warms its thread up, and nothing counts it (${tier})`, async (t) => {
      const env = { WEIR_TRANSPORT: tier, WEIR_WARM_UP_MS: LONG_ENOUGH_MS };
      const weir = await startWeir({ conf: conf(tier), env });
      t.after(() => weir.stop());
      const { connections, requests, upstreamConnections, upstreams } = await totals(weir);
      const [exchanges = 0, ...others] = warmUps(weir);
      assert.ok(exchanges > 0 && others.length === 0, weir.output);
      assert.equal(requests.total, 1);
      assert.deepEqual(Object.values(requests.responses), [0, 0, 0, 0, 0]);
      assert.deepEqual(upstreamConnections, { dialed: 0, reused: 0 });
      assert.equal(upstreams.length, 1);
      assert.equal(connections.active, 1);
      assert.doesNotMatch(weir.output, /\[(warn|error|crit|alert|emerg)\]/);
      await weir.stop();
      assert.match(
        readFileSync(join(folder, tier), 'latin1'),
        /^127\.0\.0\.1 - - [^\n]*\/status[^\n]*\n$/,
      );
    });
  }

  it('does without when it has no time for it', async (t) => {
    const weir = await startWeir({ conf: conf('off'), env: { WEIR_WARM_UP_MS: '0' } });
    t.after(() => weir.stop());
    assert.equal((await totals(weir)).requests.total, 1);
    assert.deepEqual(warmUps(weir), []);
  });
});
