// add_trailer, beside nginx: which answers get fields behind their body.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const SERVER = `
  add_trailer X-Server "$status $arg_e";
  location / { proxy_pass ORIGIN; }
  location /own/ { proxy_pass ORIGIN; add_trailer X-Own $arg_e; add_trailer X-All "$request_method" always; }
  location /own/deep/ { proxy_pass ORIGIN; }
  location /text { return 200 "a text"; add_trailer X-Text 1; add_trailer x-two 2; }
  location /nothing { return 204; add_trailer X-Text 1 always; }
  location /missing { return 404 "none"; add_trailer X-Usual 1; }
  location /always { return 404 "none"; add_trailer X-Usual 1; add_trailer X-All 2 always; }
  location /moved { return 301 /x; add_trailer X-All 2 always; }
  location /whole { proxy_pass ORIGIN; chunked_transfer_encoding off; add_trailer X-Own 1; }
  location /page { error_page 404 = /text; return 404; add_trailer X-Page 1 always; }
  location /if { if ($arg_e) { add_trailer X-If $arg_e; } proxy_pass ORIGIN; }`;

const ANSWERS: Readonly<Record<string, string>> = {
  usual: '200 OK\r\nContent-Length: 4\r\n\r\nbody',
  empty: '200 OK\r\nContent-Length: 0\r\n\r\n',
  chunked: '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Their: t\r\n\r\n',
  missing: '404 Not Found\r\nContent-Length: 4\r\n\r\nbody',
  none: '304 Not Modified\r\nETag: "e"\r\n\r\n',
};

const PATHS = ['/', '/own/', '/own/deep/', '/text', '/nothing', '/missing', '/always', '/moved'];
const MORE_PATHS = ['/whole', '/page', '/if'];

/** The status, how the body is framed, and what follows it; bodies of pages look different. */
async function ask(port: number, line: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(`${line}\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
  await client.closed();
  client.close();
  const text = client.received.toString('latin1');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const framing = /^transfer-encoding: .*$/im.exec(head)?.[0] ?? '';
  const behind = /(?:^|\r\n)0\r\n(.*)$/s.exec(rest.join('\r\n\r\n'))?.[1] ?? '';
  return `${head.substring(9, 12)} ${framing.toLowerCase()} ${behind}`;
}

test('nginx and Weir add the same trailers', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ line }) => {
      const answer = ANSWERS[/a=(\w+)/.exec(line)?.[1] ?? ''] ?? '';
      return `HTTP/1.1 ${line.startsWith('HEAD') ? answer.replace(/\r\n\r\n.*/s, '\r\n\r\n') : answer}`;
    },
  });
  t.after(() => origin.close());
  const server = `proxy_http_version 1.1; ${SERVER.replaceAll('ORIGIN', `http://127.0.0.1:${origin.port}`)}`;
  const nginx = await startNginx((port) => `server { listen 127.0.0.1:${port}; ${server} }`);
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: `server { listen ${ANY_PORT}; ${server} }` });
  t.after(() => edge.close());
  const differences: string[] = [];
  let count = 0;
  for (const path of [...PATHS, ...MORE_PATHS]) {
    for (const key of Object.keys(ANSWERS)) {
      for (const line of [
        `GET ${path}?a=${key}&e=1 HTTP/1.1`,
        `GET ${path}?a=${key} HTTP/1.1`,
        `GET ${path}?a=${key}&e=1 HTTP/1.0`,
        `HEAD ${path}?a=${key}&e=1 HTTP/1.1`,
      ]) {
        count += 1;
        const expected = await ask(nginx.port, line);
        const actual = await ask(edge.port, line);
        if (actual !== expected) differences.push(`${line}: ${actual} instead of ${expected}`);
      }
    }
  }
  assert.deepEqual(differences, []);
  assert.equal(count, 220);
});

onBothTiers('add_trailer', (it) => {
  it('stands behind the trailers of the endpoint, and tells what the end knows', async (t, tier) => {
    const script = { onRequest: () => `HTTP/1.1 ${ANSWERS['chunked']}` };
    const stage = await setStage(t, tier, {
      scripts: [script],
      location:
        'proxy_pass_trailers on; add_trailer X-Sent $body_bytes_sent; add_trailer X-Bad $arg_x;',
    });
    const client = await stage.client(
      'GET /?x=%0d HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
    );
    await client.until('\r\n0\r\nX-Their: t\r\nX-Sent: 4\r\nX-Bad: %0d\r\n\r\n');
  });

  it('merges with what is around, as add_trailer_inherit says', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: () => `HTTP/1.1 ${ANSWERS['usual']}` }],
      server: 'add_trailer X-Server 1;',
      location: 'add_trailer_inherit merge; add_trailer X-Own 2;',
    });
    const client = await stage.client('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.until('\r\n0\r\nX-Own: 2\r\nX-Server: 1\r\n\r\n');
  });
});
