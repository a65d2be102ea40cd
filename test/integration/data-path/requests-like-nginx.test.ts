// The same nginx.conf to Debian's nginx and to Weir: which requests their endpoint sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { type OriginScript, ok, RawOrigin } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const LOCATIONS = `
  location /method/ { proxy_pass ORIGIN; proxy_method PURGE; }
  location /lower/ { proxy_pass ORIGIN; proxy_method post; }
  location /post/ { proxy_pass ORIGIN; proxy_method POST; }
  location /get/ { proxy_pass ORIGIN; proxy_method GET; }
  location /variable/ { proxy_pass ORIGIN; proxy_method X-$request_method; }
  location /body/ { proxy_pass ORIGIN/b/; proxy_set_body "a=$arg_a;m=$request_method"; }
  location /empty/ { proxy_pass ORIGIN; proxy_set_body $arg_none; }
  location /unbuffered/ { proxy_pass ORIGIN; proxy_request_buffering off; proxy_set_body own; }
  location /both/ { proxy_pass ORIGIN; proxy_method PUT; proxy_set_body $request_uri; proxy_set_header X-A 1; }
  location /off/ { proxy_pass ORIGIN; proxy_set_body own; proxy_pass_request_body off; proxy_pass_request_headers off; }`;

const REQUESTS = [
  ['GET', '', ''],
  ['HEAD', '', ''],
  ['DELETE', '', ''],
  ['POST', 'Content-Length: 5\r\nContent-Type: text/x\r\n', 'hello'],
  ['POST', 'Content-Length: 0\r\n', ''],
  ['PUT', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
] as const;

/** Without a body Weir says so where the method expects one (RFC 9110 §8.6), nginx where the client did. */
function isNoBody(name: string, values: readonly string[]): boolean {
  return name === 'content-length' && values.join() === '0';
}

/** nginx says `close` or nothing; Weir keeps the connection and adds `Via`. */
const OWN_FIELDS = new Set(['connection', 'via']);

onBothTiers('a body of the location', (it) => {
  it('goes to the next endpoint when the first one fails', async (t, tier) => {
    const answers: OriginScript = { onRequest: ({ body }) => ok(body) };
    const fails: OriginScript = {
      onRequest: (_request, connection) => {
        connection.reset();
        return undefined;
      },
    };
    const stage = await setStage(t, tier, {
      scripts: [fails, answers],
      location: 'proxy_method PUT; proxy_set_body "own $arg_a";',
    });
    const client = await stage.client('GET /?a=1 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await client.response()).body.toString(), 'own 1');
    assert.equal(stage.origins[1]?.requests[0]?.line, 'PUT /?a=1 HTTP/1.1');
  });

  it('is none of the client side: the length of its body is not ours', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }) =>
            line.startsWith('HEAD ') ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n' : ok(),
        },
      ],
      location: 'proxy_method HEAD;',
    });
    const client = await stage.client('GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n'.repeat(2));
    for (let count = 0; count < 2; count++) {
      const { body, isWhole, status } = await client.response();
      assert.deepEqual([status, body.length, isWhole], [200, 0, true]);
    }
  });
});

test('requests pass nginx and Weir alike', requirePeer('nginx'), async (t) => {
  const seen: string[] = [];
  const origin = await RawOrigin.start({
    onRequest: ({ body, fields, line }) => {
      const kept = [...fields]
        .filter(([name, values]) => !OWN_FIELDS.has(name) && !isNoBody(name, values))
        .sort();
      seen.push(`${line} ${JSON.stringify(kept)} ${body.toString()}`);
      return line.startsWith('HEAD ') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : ok();
    },
  });
  t.after(() => origin.close());
  const server = `proxy_http_version 1.1; ${LOCATIONS}`.replaceAll(
    'ORIGIN',
    `http://127.0.0.1:${origin.port}`,
  );
  const nginx = await startNginx((port) => `server { listen 127.0.0.1:${port}; ${server} }`);
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: `server { listen ${ANY_PORT}; ${server} }` });
  t.after(() => edge.close());
  const differences: string[] = [];
  for (const [, path] of LOCATIONS.matchAll(/location (\S*) /g)) {
    for (const [method, fields, body] of REQUESTS) {
      const answers: string[] = [];
      for (const port of [nginx.port, edge.port]) {
        const client = await RawClient.connect(port);
        t.after(() => client.close());
        const target = `${path}x?a=1`;
        client.send(`${method} ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`);
        const response = await client.response(method);
        client.close();
        answers.push(
          `${response.status} ${response.fields.get('content-length')} ${response.body}`,
        );
      }
      const [byNginx, byWeir] = seen.splice(0);
      const what = `${method} ${path} ${fields.trim()}`;
      if (byNginx !== byWeir) differences.push(`${what}: ${byWeir} | ${byNginx}`);
      if (answers[0] !== answers[1]) differences.push(`${what}: ${answers[1]} | ${answers[0]}`);
    }
  }
  assert.deepEqual(differences, []);
});
