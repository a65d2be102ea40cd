// The same data path over unix sockets towards the origin.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OriginConnection } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

onBothTiers('an origin at a unix socket', (it) => {
  it('answers, large bodies too; one that is not there is 502', async (t, tier) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'origin.sock');
    const body = Buffer.alloc(3_000_000, 'unix');
    const server = createServer((socket) => {
      const connection = new OriginConnection(socket);
      socket.on('data', () => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.stream(body);
      });
      socket.on('error', () => undefined);
    });
    server.listen(path);
    await once(server, 'listening');
    t.after(() => server.close());
    const stage = await setStage(t, tier, {
      conf: () => `server { listen 127.0.0.1:1;
        location / { proxy_pass http://unix:${path}; }
        location /none { proxy_pass http://unix:${path}.none; } }`,
    });
    const client = await stage.client();
    for (let turn = 0; turn < 3; turn++) {
      client.send('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      assert.ok((await client.response()).body.equals(body));
    }
    client.send('GET /none HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await client.response()).status, 502);
  });
});
