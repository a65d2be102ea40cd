// The same requests to Debian's nginx and to Weir: what the variables of request and upstream are in
// the log, where all that they count has happened.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { ok, RawOrigin } from '#test/support/raw-origin.ts';

/** Of Debian's nginx, which is older than some variables; without what differs by design. */
const FORMAT = [
  '$request_method $uri [$request_body] [$https]',
  '$proxy_protocol_addr$proxy_protocol_port$proxy_protocol_server_addr$proxy_protocol_server_port',
  '$upstream_status|$upstream_response_length|$upstream_bytes_received|$upstream_bytes_sent',
  '$upstream_cache_status|$upstream_cookie_sid|$upstream_cookie_no|$upstream_http_x_a',
  '$content_length $request_length $connection_requests',
].join(' ');

/** LISTEN, LOG and the ports of the endpoints are filled in. */
const HTTP = `
  log_format all '${FORMAT}';
  upstream two { server 127.0.0.1:BAD max_fails=0; server 127.0.0.1:PORT max_fails=0; }
  server {
    LISTEN
    access_log LOG all;
    proxy_http_version 1.1;
    via off;
    # nginx sends these by itself; the same bytes make the same counts.
    proxy_set_header Host $host;
    proxy_set_header Connection "";
    client_body_buffer_size 1k;
    location / { proxy_pass http://127.0.0.1:PORT; }
    location /two { proxy_pass http://two; proxy_next_upstream error http_503; }
    location /own { return 200 "own"; }
    location /body { proxy_pass http://127.0.0.1:PORT; proxy_set_header X-Body $request_body;
      proxy_set_header Host $host; proxy_set_header Connection ""; }
  }`;

const post = (path: string, body: string): string => {
  return `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

const REQUESTS = [
  'GET /plain HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'HEAD /plain HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'GET /cookie HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'GET /own HTTP/1.1\r\nHost: a.test\r\n\r\n',
  post('/plain', 'name=ann'),
  post('/body', 'name=ann'),
  post('/plain', 'x'.repeat(1_000)),
  post('/plain', 'x'.repeat(5_000)),
  post('/own', 'name=ann'),
  'GET /two HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'GET /nothing HTTP/1.1\r\nHost: a.test\r\n\r\n',
];

const ANSWERS: Readonly<Record<string, string>> = {
  '/cookie': ok('ok', 'Set-Cookie: other=1\r\nSet-Cookie: SID=x7f; Path=/; HttpOnly\r\nX-A: 1\r\n'),
  '/nothing': 'HTTP/1.1 204 No Content\r\n\r\n',
};

test('variables have the values that they have in nginx', requirePeer('nginx'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bodies: (readonly string[] | undefined)[] = [];
  const origin = await RawOrigin.start({
    onRequest: ({ fields, line }) => {
      const path = line.split(' ')[1] ?? '';
      if (path === '/body') bodies.push(fields.get('x-body'));
      return ANSWERS[path] ?? ok('0123456789');
    },
  });
  t.after(() => origin.close());
  const bad = await RawOrigin.start({
    onRequest: () => 'HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno',
  });
  t.after(() => bad.close());
  const confOf = (name: string) => {
    return HTTP.replaceAll('PORT', String(origin.port))
      .replaceAll('BAD', String(bad.port))
      .replaceAll('LOG', join(folder, name));
  };
  const nginx = await startNginx((port) => {
    return confOf('nginx.log')
      .replace('LISTEN', `listen 127.0.0.1:${port};`)
      .replace('via off;', '');
  });
  t.after(() => nginx.close());
  const conf = confOf('weir.log').replace('LISTEN', `listen ${ANY_PORT};`);
  const edge = startEdge({ tier: 'fast', conf });
  t.after(() => edge.close());
  for (const port of [nginx.port, edge.port]) {
    for (const request of REQUESTS) {
      const client = await RawClient.connect(port);
      client.send(request);
      await client.response(request.startsWith('HEAD') ? 'HEAD' : 'GET');
      client.close();
    }
  }
  const linesOf = async (name: string): Promise<string[]> => {
    for (;;) {
      const lines = readFileSync(join(folder, name), 'latin1').split('\n').slice(0, -1);
      if (lines.length >= REQUESTS.length) return lines;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  assert.deepEqual(await linesOf('weir.log'), await linesOf('nginx.log'));
  assert.deepEqual(bodies, [['name=ann'], ['name=ann']]);
});
