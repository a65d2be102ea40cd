// The same nginx.conf to Debian's nginx and to Weir: where a proxy_pass with variables leads, and
// what arrives there.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DnsServer } from '#test/support/dns-server.ts';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { OriginConnection, RawOrigin } from '#test/support/raw-origin.ts';

/** PORT, DNS and SOCKET are filled in. What is passed and where comes from `$arg_…` mostly. */
const HTTP = `
  upstream block { server 127.0.0.1:PORT; }
  map $arg_to $where { default http://127.0.0.1:PORT; uri http://127.0.0.1:PORT/mapped; name http://block; }
  server {
    LISTEN
    resolver 127.0.0.1:DNS;
    proxy_http_version 1.1;
    proxy_set_header X-Host $proxy_host;
    proxy_set_header X-Port $proxy_port;

    location / { proxy_pass http://$arg_to; }
    location /whole { proxy_pass $arg_to; }
    location /mapped/ { proxy_pass $where; }
    location /uri/ { proxy_pass http://127.0.0.1:PORT/a/$arg_x?b=$arg_b; }
    location /request-uri/ { proxy_pass http://block$request_uri; }
    location /path/ { proxy_pass http://block$uri$is_args$args; }
    location /query/ { proxy_pass http://block?was=$arg_x; }
    location /scheme/ { proxy_pass $scheme://block; }
    location ~ ^/re/(.*)$ { proxy_pass http://127.0.0.1:PORT/$1; }
    location /break/ { rewrite ^/break/(.*)$ /new/$1 break; proxy_pass http://127.0.0.1:PORT/x/$arg_x; }
    location /break-bare/ { rewrite ^/break-bare/(.*)$ /new/$1 break; proxy_pass http://$arg_to; }
    location /if/ { if ($arg_to) { proxy_pass http://$arg_to; } proxy_pass http://block; }
    location /port/ { proxy_pass http://127.0.0.1:$arg_x/p; }
    location /unix/ { proxy_pass http://unix:SOCKET:$uri; }
    location /unix-bare/ { proxy_pass http://unix:$arg_x; }
    location /unix-dir/ { proxy_pass http://unix:SOCKET:/u/$arg_x/; }
    location /host/ { proxy_pass http://$arg_to/h; proxy_set_header Host own.test; }
    location /redirect/ { proxy_pass http://block/$arg_x; }
    location /static { proxy_pass http://localhost:PORT; }
    location @named { proxy_pass http://$arg_to/named; }
    location /to-named { error_page 404 = @named; return 404; }
  }`;

/** Targets; PORT is filled in. */
const TARGETS = [
  '/?to=127.0.0.1:PORT',
  '/a%20b/c?to=127.0.0.1:PORT&q=%20',
  '/a/../b//c?to=127.0.0.1:PORT',
  '/?to=block',
  '/?to=BLOCK',
  '/?to=block/x',
  '/?to=block:80',
  '/?to=block:PORT',
  '/?to=localhost:PORT',
  '/?to=LOCALHOST:PORT',
  '/?to=[::1]:PORT',
  '/?to=[::1',
  '/?to=[zz]:1',
  '/?to=127.0.0.1:PORT/direct',
  '/?to=127.0.0.1:PORT/direct/?own=1',
  '/?to=127.0.0.1:PORT?own=1',
  '/?to=',
  '/?to=:80',
  '/?to=127.0.0.1:99999',
  '/?to=127.0.0.1:0',
  '/?to=127.0.0.1:x',
  '/?to=127.0.0.1:',
  '/?to=one.test:PORT',
  '/?to=ONE.test:PORT/x',
  '/?to=one.test:PORT',
  '/?to=six.test:PORT',
  '/?to=none.test:PORT',
  '/?to=broken.test:PORT',
  '/?to=empty.test:PORT',
  '/?to=bad..test:PORT',
  '/?to=one.test',
  '/whole?to=http://127.0.0.1:PORT',
  '/whole?to=HTTP://127.0.0.1:PORT/x',
  '/whole?to=ftp://127.0.0.1:PORT',
  '/whole?to=127.0.0.1:PORT',
  '/whole?to=',
  '/mapped/x?to=uri',
  '/mapped/x?to=name',
  '/mapped/x%2fy?to=other',
  '/uri/x?x=1&b=2',
  '/uri/x?x=a%20b&b=%3f',
  '/request-uri/a%20b//c?x=1',
  '/path/a/b?x=1',
  '/query/z?x=5',
  '/scheme/z',
  '/re/a/b?c=1',
  '/re/',
  '/break/z?x=1',
  '/break-bare/z%20y?to=127.0.0.1:PORT',
  '/if/z?to=127.0.0.1:PORT/i',
  '/if/z',
  '/port/z?x=PORT',
  '/port/z?x=1',
  '/unix/z?x=1',
  '/unix-bare/z?x=SOCKET',
  '/unix-bare/z?x=',
  '/unix-bare/z?x=/no/such/socket',
  '/unix-bare/z?x=/LONG',
  '/unix-dir/z?x=1',
  '/host/z?to=127.0.0.1:PORT',
  '/redirect/z?x=1',
  '/redirect?x=1',
  '/static',
  '/to-named?to=127.0.0.1:PORT',
];

/** nginx says `close` or nothing; Weir keeps the connection and adds `Via`. */
const OWN_FIELDS = new Set(['connection', 'via']);

test(
  'a proxy_pass with variables leads where that of nginx does',
  requirePeer('nginx'),
  async (t) => {
    const seen: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'weir-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const origin = await RawOrigin.start({
      onRequest: ({ fields, line }) => {
        const kept = [...fields].filter(([name]) => !OWN_FIELDS.has(name)).sort();
        seen.push(`${line} ${JSON.stringify(kept)}`);
        const url = `http://block/here`;
        return `HTTP/1.1 200 OK\r\nLocation: ${url}\r\nContent-Length: 2\r\n\r\nok`;
      },
    });
    t.after(() => origin.close());
    const socket = join(folder, 'origin.sock');
    const atSocket = createServer((connection) => {
      const side = new OriginConnection(connection);
      connection.on('data', (bytes: Buffer) => {
        const lines = bytes.toString('latin1').split('\r\n');
        seen.push(`unix ${lines[0]} ${lines.filter((line) => /^(host|x-)/i.test(line)).sort()}`);
        side.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
      connection.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => atSocket.listen(socket, resolve));
    t.after(() => atSocket.close());
    const dns = await DnsServer.start({
      'one.test': { ipv4: ['127.0.0.1'] },
      'six.test': { ipv6: ['0:0:0:0:0:0:0:1'] },
      'broken.test': { fails: 2 },
      'empty.test': {},
    });
    t.after(() => dns.close());
    const fill = (text: string): string =>
      text
        .replaceAll('PORT', String(origin.port))
        .replaceAll('DNS', String(dns.port))
        .replaceAll('SOCKET', socket)
        .replaceAll('LONG', 'x'.repeat(200));
    const http = fill(HTTP);
    // Its localhost comes from /etc/hosts, which may have ::1 too, where nobody listens.
    const conf = http.replace('http://localhost', 'http://127.0.0.1');
    const nginx = await startNginx((port) => conf.replace('LISTEN', `listen 127.0.0.1:${port};`));
    t.after(() => nginx.close());
    const edge = startEdge({ tier: 'fast', conf: conf.replace('LISTEN', `listen ${ANY_PORT};`) });
    t.after(() => edge.close());
    const differences: string[] = [];
    for (const target of TARGETS.map(fill)) {
      const answers: string[] = [];
      for (const port of [nginx.port, edge.port]) {
        const client = await RawClient.connect(port);
        t.after(() => client.close());
        client.send(`GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
        const { fields, status } = await client.response();
        client.close();
        const location = fields.get('location')?.join().replace(`:${port}/`, ':OWN/');
        answers.push(`${status} ${location} ${seen.splice(0).join(' & ')}`);
      }
      if (answers[0] !== answers[1]) differences.push(`${target}: ${answers[1]} | ${answers[0]}`);
    }
    assert.deepEqual(differences, []);
  },
);
