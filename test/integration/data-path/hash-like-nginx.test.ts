// The same upstreams in Debian's nginx and in Weir, over the same origins: each key and each client
// goes to the same origin, with weights, with a server that is down, and when one refuses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { freePort } from '#test/support/free-port.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { ok, RawOrigin } from '#test/support/raw-origin.ts';

const KEYS = 1_000;

/** Parameters of the servers, in order; `dead` is one where nobody listens. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  equal: ['', '', '', ''],
  weights: ['weight=5', 'weight=1', 'weight=3', 'weight=2'],
  down: ['', 'down', 'weight=2', ''],
  refusing: ['', 'dead max_fails=0', 'weight=2', ''],
};
const POLICIES: Readonly<Record<string, string>> = {
  modulo: 'hash $arg_k;',
  text: 'hash "$arg_k of $host";',
  ring: 'hash $arg_k consistent;',
  ip: 'ip_hash;',
};

/** A client of network n, as the real_ip module finds it. */
function clientOf(n: number): string {
  return n % 2 === 0 ? `10.${n >> 8}.${n & 255}.7` : `2001:db8::${n.toString(16)}:7`;
}

async function placesIn(port: number, host: string): Promise<string[]> {
  const client = await RawClient.connect(port);
  const places: string[] = [];
  for (let n = 0; n < KEYS; n++) {
    client.send(`GET /?k=key-${n} HTTP/1.1\r\nHost: ${host}\r\nX-Real-IP: ${clientOf(n)}\r\n\r\n`);
    const { body, status } = await client.response();
    places.push(`${status} ${body}`);
  }
  client.close();
  return places;
}

test('keys and clients go where nginx sends them', requirePeer('nginx'), async (t) => {
  const origins: RawOrigin[] = [];
  for (let n = 0; n < 4; n++) {
    const origin = await RawOrigin.start({ onRequest: () => ok(String(origin.port)) });
    t.after(() => origin.close());
    origins.push(origin);
  }
  const dead = await freePort();
  const hosts: string[] = [];
  const blocks = Object.entries(POLICIES).flatMap(([policy, directive]) => {
    return Object.entries(SETS).map(([set, parameters]) => {
      const servers = parameters.map((words, at) => {
        const port = words.startsWith('dead') ? dead : origins[at]?.port;
        return `server 127.0.0.1:${port} ${words.replace('dead', '')};`;
      });
      const name = `${policy}-${set}`;
      hosts.push(`${name}.test`);
      return `upstream ${name} { ${directive} ${servers.join(' ')} keepalive 8; }
        server { listen LISTEN; server_name ${name}.test; location / { proxy_pass http://${name}; } }`;
    });
  });
  const conf = (listen: string) => `
    proxy_http_version 1.1; proxy_set_header Connection ""; keepalive_requests 100000;
    set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
    ${blocks.join('\n').replaceAll('LISTEN', listen)}`;
  const nginx = await startNginx((port) => conf(`127.0.0.1:${port}`));
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: conf(ANY_PORT) });
  t.after(() => edge.close());
  await Promise.all(
    hosts.map(async (host) => {
      const [theirs, ours] = await Promise.all([
        placesIn(nginx.port, host),
        placesIn(edge.port, host),
      ]);
      assert.ok(new Set(theirs).size >= 3, `${host}: ${[...new Set(theirs)].join()}`);
      assert.ok(
        theirs.every((place) => place.startsWith('200 ')),
        host,
      );
      const differing = theirs.filter((place, n) => place !== ours[n]).length;
      assert.equal(differing, 0, `${host}: keys elsewhere than in nginx`);
    }),
  );
});
