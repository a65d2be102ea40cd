// A client that goes away while its request is served: followed at once, or ignored when so configured.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import { ok } from '#test/support/raw-origin.ts';
import { turn } from '#test/support/spool.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

onBothTiers('a client that goes away', (it) => {
  /** A stage that logs statuses, and what it has logged. */
  async function setLogged(t: TestContext, tier: TransportTier, location = '') {
    const directory = mkdtempSync(join(tmpdir(), 'weir-log-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const log = join(directory, 'access.log');
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: ({ line }) => (line.includes('/next') ? ok('next') : undefined) }],
      conf: (port) => `
        log_format facts '$uri $status';
        upstream origins { server 127.0.0.1:${port}; keepalive 4; }
        server {
          listen 127.0.0.1:1;
          access_log ${log} facts;
          location / { proxy_pass http://origins; ${location} }
        }`,
    });
    const logged = async (): Promise<string> => {
      for (let text = ''; ; text = readFileSync(log, 'latin1')) {
        if (text !== '') return text;
        await turn();
      }
    };
    return { stage, logged };
  }

  for (const how of ['finish', 'reset'] as const) {
    it(`by ${how} is followed by its request at once: 499 in the log`, async (t, tier) => {
      const { stage, logged } = await setLogged(t, tier);
      const client = await stage.client('GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const { connection } = await stage.origin.request(0);
      client[how]();
      await connection.closed();
      assert.equal(await logged(), '/gone 499\n');
    });

    it(`by ${how} is ignored with proxy_ignore_client_abort on`, async (t, tier) => {
      const { stage, logged } = await setLogged(t, tier, 'proxy_ignore_client_abort on;');
      const client = await stage.client('GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const { connection } = await stage.origin.request(0);
      client[how]();
      const other = await stage.client(NEXT);
      await other.response();
      assert.equal(connection.isClosed, false, 'the origin may finish');
      connection.send(ok('finished'));
      await logged();
      const last = await stage.client(NEXT);
      await last.response();
      assert.equal(connection.isClosed, false, 'and its connection is kept');
    });
  }
});
