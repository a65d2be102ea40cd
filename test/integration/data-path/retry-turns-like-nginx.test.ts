// Round robin among endpoints of which one fails: who is asked first, beside Debian's nginx.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { type OriginScript, ok, RawOrigin } from '#test/support/raw-origin.ts';

const REQUESTS = 24;
const dies: OriginScript = {
  onRequest: (_, connection) => {
    connection.destroy();
    return undefined;
  },
};
const good: OriginScript = { onRequest: () => ok('good') };

test('a try that failed uses up no turn of another endpoint', requirePeer('nginx'), async (t) => {
  for (const count of [2, 3, 4]) {
    const scripts = Array.from({ length: count }, (_, at) => (at === 0 ? dies : good));
    const origins = await Promise.all(scripts.map((script) => RawOrigin.start(script)));
    t.after(() => Promise.all(origins.map((origin) => origin.close())));
    const servers = origins.map(({ port }) => `server 127.0.0.1:${port} max_fails=0;`).join(' ');
    const conf = (listen: string): string => `proxy_http_version 1.1;
      upstream u { ${servers} }
      server { listen ${listen}; location / { proxy_pass http://u; add_header X-Tried $upstream_addr; } }`;
    /** Of each request, how many endpoints were asked. */
    const ask = async (port: number): Promise<string> => {
      let tries = '';
      for (let request = 0; request < REQUESTS; request++) {
        const client = await RawClient.connect(port);
        client.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
        const { fields } = await client.response();
        client.close();
        tries += `${fields.get('x-tried')?.[0]?.split(', ').length}`;
      }
      return tries;
    };
    const nginx = await startNginx((port) => conf(`127.0.0.1:${port}`));
    t.after(() => nginx.close());
    const edge = startEdge({ tier: 'fast', conf: conf(ANY_PORT) });
    t.after(() => edge.close());
    const shares = (tries: string): number => [...tries].filter((each) => each === '2').length;
    assert.equal(shares(await ask(edge.port)), shares(await ask(nginx.port)), `of ${count}`);
  }
});
