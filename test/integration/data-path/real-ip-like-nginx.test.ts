// The same nginx.conf to Debian's nginx and to Weir: who a client is taken for behind proxies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ANY_PORT, startEdge, TIERS } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';

const SHOWN =
  '"$remote_addr|$remote_port|$realip_remote_addr|$bucket|$near|$proxy_add_x_forwarded_for"';

/** Two origins of settings; ORIGIN is filled in. `$bucket` tells values of the binary address apart. */
const CONF = `
  split_clients "$binary_remote_addr" $bucket { ${Array.from({ length: 49 }, (_, i) => `2% b${i};`).join(' ')} * last; }
  geo $near { default far; 127.0.0.0/8 peer; 10.0.0.0/8 ten; 2001:db8::/32 six; }
  map $remote_addr $mapped { default $remote_addr; }

  server {
    LISTEN default_server;
    server_name server.test;
    set_real_ip_from 127.0.0.1;
    set_real_ip_from 10.0.0.0/8;
    set_real_ip_from 2001:db8:1::/48;
    real_ip_header X-Forwarded-For;
    add_header X-Seen ${SHOWN} always;
    add_header X-Set "$early" always;
    set $early $remote_addr;
    proxy_set_header X-Origin ${SHOWN};

    location / { proxy_pass ORIGIN; }
    location /return { return 204; }
    location /recursive { real_ip_recursive on; proxy_pass ORIGIN; }
    location /other { real_ip_header X-Real-IP; proxy_pass ORIGIN; }
    location /nobody { set_real_ip_from 192.0.2.1; proxy_pass ORIGIN; }
  }
  server {
    LISTEN;
    server_name recursive.test;
    set_real_ip_from 127.0.0.0/31;
    set_real_ip_from localhost;
    set_real_ip_from 10.0.0.0/8;
    set_real_ip_from 2001:db8:1::/48;
    set_real_ip_from unix:;
    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    add_header X-Seen ${SHOWN} always;
    proxy_set_header X-Origin ${SHOWN};
    location / { proxy_pass ORIGIN; }
    location /slash/ { proxy_pass ORIGIN; }
    location /large { client_max_body_size 1; proxy_pass ORIGIN; }
    location /inner { internal; proxy_pass ORIGIN; }
  }
  server {
    LISTEN;
    server_name location.test;
    add_header X-Seen ${SHOWN} always;
    add_header X-Mapped "$early $mapped" always;
    proxy_set_header X-Origin ${SHOWN};
    error_page 404 /pages/404;
    error_page 405 @named;
    set $early "";
    set_real_ip_from 192.0.2.1;
    real_ip_header X-Real-IP;
    location / { proxy_pass ORIGIN; }
    location /trust { set_real_ip_from 127.0.0.1; proxy_pass ORIGIN; }
    location /trust/list { set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; proxy_pass ORIGIN; }
    location /trust/first { set_real_ip_from 127.0.0.1; real_ip_header x-forwarded-for; proxy_pass ORIGIN; }
    location /trust/cdn { set_real_ip_from 127.0.0.1; real_ip_header CF-Connecting-IP; proxy_pass ORIGIN; }
    location /early { set_real_ip_from 127.0.0.1; set $early $remote_addr; proxy_pass ORIGIN; }
    location /mapped { set_real_ip_from 127.0.0.1; set $early $mapped; proxy_pass ORIGIN; }
    location /if { if ($remote_addr = 127.0.0.1) { set $early peer; } set_real_ip_from 127.0.0.1; proxy_pass ORIGIN; }
    location /return { set_real_ip_from 127.0.0.1; return 204; }
    location /missing { set_real_ip_from 127.0.0.1; return 404; }
    location /pages/ { set_real_ip_from 127.0.0.1; internal; proxy_pass ORIGIN; }
    location /named { return 405; }
    location @named { set_real_ip_from 127.0.0.1; proxy_pass ORIGIN; }
    location /rewritten { set_real_ip_from 127.0.0.1; rewrite ^ /other last; }
    location /to-trust { rewrite ^ /trust last; }
  }
  server {
    LISTEN;
    server_name plain.test;
    add_header X-Seen ${SHOWN} always;
    proxy_set_header X-Origin ${SHOWN};
    location / { proxy_pass ORIGIN; }
  }`;

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'server.test': ['/', '/return', '/recursive', '/other', '/nobody'],
  'recursive.test': ['/', '/slash', '/large', '/inner'],
  'location.test': [
    ...['/', '/trust', '/trust/list', '/trust/first', '/trust/cdn', '/early', '/mapped', '/if'],
    ...['/return', '/missing', '/named', '/rewritten', '/to-trust'],
  ],
  'plain.test': ['/'],
};

/** The chains of semantics.md §20 and what is no list of addresses. */
const VALUES = [
  ...['1.1.1.1', '6.6.6.6, 1.1.1.1', '1.1.1.1, 10.0.0.5', '10.1.1.1', 'junk, 1.1.1.1, 10.0.0.5'],
  ...['', ',', ', ,', ' , 1.1.1.1', ',1.1.1.1', '1.1.1.1,', '1.1.1.1 2.2.2.2', '1.1.1.1,,10.0.0.1'],
  ...[
    '1.1.1.1:80',
    '1.1.1.1:0',
    '1.1.1.1:65536',
    '1.1.1.1:00080',
    '1.1.1.1:',
    '10.0.0.1:7, 10.2.2.2:9',
  ],
  ...[
    '[2001:db8::1]:443',
    '[2001:db8::1]',
    '2001:db8::1',
    '[1.1.1.1]:80',
    '[::1',
    '2001:DB8:0:0:1::',
  ],
  ...[
    '::ffff:1.2.3.4',
    '::ffff:10.0.0.9',
    '::1.2.3.4',
    '::',
    '::1',
    '::2',
    '::102',
    '::3:4',
    '1::',
  ],
  ...['1:0:0:2:0:0:0:3', '1:0:0:2:3:0:0:4', '1:0:2:3:4:5:6:7', '2001:db8:1::7, 2001:db8:1::8'],
  ...[
    '8.8.8.8, 2001:db8:1::8, 10.0.0.3',
    '255.255.255.255',
    '0.0.0.0',
    'unix:',
    'unknown',
    '_hidden',
  ],
  ...['1.1.1.256', '1.1.1', '1.1.1.1.1', '1.1.1.1/8', 'a.b.c.d', '1.1.1.1\t10.0.0.1', '"1.1.1.1"'],
  ...['for=1.1.1.1', '01.001.1.1', '10.0.0.1, 255.255.255.255', '10.0.0.1, ,10.0.0.2'],
];

const part = fc.constantFrom(
  ...['10.0.0.1', '10.9.9.9', '127.0.0.1', '8.8.8.8', '1.1.1.1:7', '2001:db8:1::1', '2001:db8::9'],
  ...['[2001:db8:1::2]:5', 'junk', '', '::ffff:10.0.0.1'],
);
const list = fc
  .array(fc.tuple(part, fc.constantFrom(', ', ',', ' ', ' , ')), { maxLength: 5 })
  .map((parts) =>
    parts
      .map(([text, separator]) => text + separator)
      .join('')
      .slice(0, -1)
      .trim(),
  );
const LISTS = fc.sample(fc.array(list, { maxLength: 3 }), { numRuns: 150, seed: 5 });

interface Asked {
  readonly from: string;
  readonly host: string;
  readonly target: string;
  /** Lines of the head. */
  readonly fields: readonly string[];
}

function* everyRequest(): Generator<Asked> {
  for (const [host, targets] of Object.entries(TARGETS)) {
    for (const target of targets) {
      for (const from of ['127.0.0.1', '127.0.0.7']) {
        for (const value of VALUES) {
          const fields = ['X-Forwarded-For', 'X-Real-IP', 'CF-Connecting-IP'].map(
            (name) => `${name}: ${value}`,
          );
          yield { host, target, from, fields };
        }
        yield { host, target, from, fields: [] };
        yield {
          ...{ host, target, from },
          fields: [
            'x-real-ip: 1.1.1.1',
            'X-Real-IP: 2.2.2.2',
            'cf-connecting-ip: 3.3.3.3',
            'CF-Connecting-IP: 4',
          ],
        };
      }
      for (const values of LISTS) {
        yield {
          host,
          target,
          from: '127.0.0.1',
          fields: values.map((value) => `X-Forwarded-For: ${value}`),
        };
      }
    }
  }
}

/** What origin and client were told, without what is the client's own port. */
async function ask(port: number, { fields, from, host, target }: Asked): Promise<string> {
  const client = await RawClient.connect(port, { from });
  const lines = [`Host: ${host}`, 'Content-Length: 2', 'Connection: close', ...fields];
  client.send(`POST ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nhi`);
  const response = await client.response('POST');
  client.close();
  const seen = ['x-seen', 'x-set', 'x-mapped'].map((name) => response.fields.get(name)?.join());
  const body = response.status === 200 ? response.body.toString('latin1') : '';
  return [response.status, ...seen, body]
    .join(' ; ')
    .replace(/(127\.0\.0\.\d\|)\d{4,5}\|/g, '$1PORT|');
}

test('clients behind proxies are nginx’s', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ fields }) => {
      const body = fields.get('x-origin')?.join() ?? '';
      return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    },
  });
  t.after(() => origin.close());
  const conf = CONF.replaceAll('ORIGIN', `http://127.0.0.1:${origin.port}`);
  const nginx = await startNginx((port) => conf.replaceAll('LISTEN', `listen 127.0.0.1:${port}`));
  t.after(() => nginx.close());
  const edge = startEdge({
    tier: 'fast',
    conf: conf.replaceAll('LISTEN', `listen ${ANY_PORT}`),
    hosts: { localhost: ['127.0.0.1'] },
  });
  t.after(() => edge.close());
  const differences: string[] = [];
  let count = 0;
  for (const asked of everyRequest()) {
    const [expected, actual] = await Promise.all([ask(nginx.port, asked), ask(edge.port, asked)]);
    count += 1;
    if (actual !== expected)
      differences.push(`${JSON.stringify(asked)}\n  ${expected}\n  ${actual}`);
  }
  assert.deepEqual(differences.slice(0, 20), []);
  assert.ok(count > 3_000, String(count));
});

test('every request of a connection has its own client', async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ fields }) => {
      const body = fields.get('x-origin')?.join() ?? '';
      return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    },
  });
  t.after(() => origin.close());
  const conf = `server { listen ${ANY_PORT}; set_real_ip_from 127.0.0.1;
    proxy_set_header X-Origin "$remote_addr $remote_port";
    location / { proxy_pass http://127.0.0.1:${origin.port}; } }`;
  for (const tier of TIERS) {
    const edge = startEdge({ tier, conf });
    t.after(() => edge.close());
    const client = await RawClient.connect(edge.port);
    const bodies: string[] = [];
    for (const field of [
      '',
      'X-Real-IP: 192.0.2.1:8\r\n',
      'X-Real-IP: 192.0.2.2\r\n',
      'X-Real-IP: x\r\n',
      '',
    ]) {
      client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${field}\r\n`);
      bodies.push((await client.response('GET')).body.toString());
    }
    client.close();
    const own = /^127\.0\.0\.1 \d{4,5}$/;
    for (const at of [0, 3, 4]) assert.match(bodies[at] ?? '', own);
    assert.deepEqual(bodies.slice(1, 3), ['192.0.2.1 8', '192.0.2.2 ']);
    edge.close();
  }
});
