// proxy_force_ranges, beside nginx: which part of an endpoint's answer the client gets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, differencesFromNginx } from '#test/support/beside-nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const CONF = `server {
  listen LISTEN;
  location / { proxy_pass ORIGIN; proxy_force_ranges on; add_header X-Always yes always; }
  location /none/ { proxy_pass ORIGIN; proxy_force_ranges on; max_ranges 0; }
  location /off/ { proxy_pass ORIGIN; }
  location /hidden/ { proxy_pass ORIGIN; proxy_force_ranges on; proxy_hide_header ETag; }
  location /page/ { proxy_pass ORIGIN; proxy_force_ranges on; error_page 416 = /text; }
  location = /text { return 200 "a text"; }
}`;

const RANGES = [
  ...['0-3', '2-', '-3', '0-', '5-20', '20-30', '9-9', '10-', '9-10', '3-1', '-0', '-20', '-', ''],
  ...['0-1,3-4', '0-1,20-30', '20-30,0-1', '0-1,', ',0-1', '0-1,x', 'x', '1', '  2 - 4 ', '- 3'],
  ...[
    '0-99999999999999999',
    '99999999999999999-',
    '-99999999999999999',
    '20-30,40-50',
    '0 -1 , 20-',
  ],
];
const UNITS = ['Range: BYTES=0-3', 'Range: items=0-3', 'Range: bytes 0-3', 'Range: bytes=0'];
const DATE = 'Thu, 01 Jan 2015 00:00:00 GMT';
const CONDITIONS = [
  ...['"e"', 'W/"e"', '"f"', '"', '', DATE, 'Thu, 01 Jan 2015 00:00:01 GMT', 'junk'],
  'Thursday, 01-Jan-15 00:00:00 GMT',
];
const COMPARED = [
  ...['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified', 'x-always'],
  ...['x-other', 'set-cookie'],
];
const HEAD = `Content-Type: text/x\r\nETag: "e"\r\nLast-Modified: ${DATE}\r\nAccept-Ranges: none\r\nX-Other: 1\r\nSet-Cookie: a=1\r\n`;
/** By `?a=`. */
const ANSWERS: Readonly<Record<string, string>> = {
  usual: `200 OK\r\n${HEAD}Content-Length: 10\r\n\r\n0123456789`,
  empty: `200 OK\r\n${HEAD}Content-Length: 0\r\n\r\n`,
  chunked: `200 OK\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n`,
  partial: `206 Partial Content\r\n${HEAD}Content-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\n0123`,
  missing: `404 Not Found\r\n${HEAD}Content-Length: 4\r\n\r\nnone`,
  bare: '200 OK\r\nContent-Type: text/x\r\nContent-Length: 10\r\n\r\n0123456789',
};

function asked(target: string, ...fields: string[]): Asked {
  return { host: 'a.test', target, fields };
}

const ASKED: readonly Asked[] = [
  ...RANGES.map((range) => asked('/?a=usual', `Range: bytes=${range}`)),
  ...UNITS.map((line) => asked('/?a=usual', line)),
  ...CONDITIONS.flatMap((condition) =>
    ['/?a=usual', '/?a=bare', '/hidden/?a=usual'].map((target) =>
      asked(target, 'Range: bytes=2-4', `If-Range: ${condition}`),
    ),
  ),
  ...Object.keys(ANSWERS).flatMap((key) =>
    ['/', '/none/', '/off/', '/page/'].flatMap((path) =>
      ['Range: bytes=2-4', 'Range: bytes=-4', 'Range: bytes=30-', 'X-No: range'].map((line) =>
        asked(`${path}?a=${key}`, line),
      ),
    ),
  ),
  { ...asked('/?a=usual', 'Range: bytes=2-4'), method: 'POST', body: 'x' },
];

test('nginx and Weir give the same parts', requirePeer('nginx'), async (t) => {
  const differences = await differencesFromNginx(t, {
    conf: CONF,
    asked: ASKED,
    fields: COMPARED,
    answer: ({ line }) => `HTTP/1.1 ${ANSWERS[/a=(\w+)/.exec(line)?.[1] ?? '']}`,
  });
  // A page of nginx for a 416 has another length, and its add_header fields twice; of an error page
  // nginx gives a part, too, or none again (docs/differences.md).
  const isPage = (line: string): boolean => {
    return /^\w+ \S+: 416 .* instead of 416 |\/page\/.* a text instead of /.test(line);
  };
  assert.deepEqual(
    differences.filter((line) => !isPage(line)),
    [],
  );
  assert.ok(ASKED.length > 120);
});

const BODY = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));

function get(range: string, method = 'GET'): string {
  return `${method} / HTTP/1.1\r\nHost: a.test\r\nRange: bytes=${range}\r\n\r\n`;
}

onBothTiers('proxy_force_ranges', (it) => {
  for (const rate of ['', 'limit_rate 50m; proxy_limit_rate 90m;', 'proxy_buffering off;']) {
    it(`cuts the part out of what comes in pieces (${rate})`, async (t, tier) => {
      const script = {
        onRequest: (_: unknown, connection: { send(bytes: string | Buffer): void }) => {
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`);
          for (let at = 0; at < BODY.length; at += 7_000) {
            connection.send(BODY.subarray(at, at + 7_000));
          }
          return undefined;
        },
      };
      const location = `proxy_force_ranges on; ${rate}`;
      const stage = await setStage(t, tier, { scripts: [script], location });
      const client = await stage.client();
      for (const [first, last] of [
        [0, 0],
        [6_999, 7_000],
        [1, 299_998],
        [100, 200_000],
        [299_999, 299_999],
      ] as const) {
        client.send(get(`${first}-${last}`));
        const { body, fields, status } = await client.response();
        assert.equal(status, 206);
        assert.deepEqual(fields.get('content-range'), [`bytes ${first}-${last}/300000`]);
        assert.ok(body.equals(BODY.subarray(first, last + 1)), `${first}-${last}`);
      }
    });
  }

  it('does not wait for what is behind the part', async (t, tier) => {
    const script = {
      onRequest: (_: unknown, connection: { send(bytes: string | Buffer): void }) => {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 900000000000\r\n\r\n');
        connection.send(BODY);
        return undefined;
      },
    };
    const stage = await setStage(t, tier, {
      scripts: [script],
      location: 'proxy_force_ranges on;',
    });
    const client = await stage.client(get('2-4'));
    const { body } = await client.response();
    assert.deepEqual([...body], [2, 3, 4]);
    await (await stage.origin.connection(0)).closed(); // the endpoint need not send it
    client.send(get('900000000000-'));
    const refused = await client.response();
    assert.equal(refused.status, 416);
    assert.deepEqual(refused.fields.get('content-range'), ['bytes */900000000000']);
    client.send(get('0-9', 'HEAD'));
    const head = await client.response('HEAD');
    assert.deepEqual([head.status, head.fields.get('content-length')], [206, ['10']]);
  });

  it('is over when the client goes', async (t, tier) => {
    const script = {
      onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\nsome',
    };
    const stage = await setStage(t, tier, {
      scripts: [script],
      location: 'proxy_force_ranges on;',
    });
    const client = await stage.client(get('2-4000'));
    await client.until('\r\n\r\nme');
    client.reset();
    await (await stage.origin.connection(0)).closed();
  });
});
