import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { startWeir } from '#test/support/weir.ts';

describe('unix sockets', () => {
  for (const tier of ['fast', 'portable']) {
    it(`are listened on and proxied to by the ${tier} transport`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'weir-unix-'));
      chmodSync(folder, 0o755);
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const far = join(folder, 'origin.sock');
      const near = join(folder, 'edge.sock');
      const origin = await startOrigin({ path: far, respond: () => ({ body: 'by unix socket' }) });
      t.after(() => origin.close());
      chmodSync(far, 0o666); // a generation started by root runs as nobody
      const weir = await startWeir({
        env: { WEIR_TRANSPORT: tier },
        conf: (port) => `
          events { }
          http { server {
            listen unix:${near};
            listen 127.0.0.1:${port};
            location / { proxy_pass http://unix:${far}; }
          } }`,
      });
      t.after(() => weir.stop());
      for (const at of [{ socketPath: near }, { port: weir.port }]) {
        const sent = request({ ...at, path: '/', agent: false }).end();
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        response.setEncoding('utf8');
        let text = '';
        for await (const piece of response) text += piece;
        assert.equal(response.statusCode, 200);
        assert.equal(text, 'by unix socket');
      }
    });
  }
});
