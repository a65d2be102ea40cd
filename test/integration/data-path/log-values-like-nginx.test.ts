// What Debian's nginx and Weir write of the same exchanges once these have ended.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';

/** Compared as they are. */
const EXACT = [
  ...['status', 'body_bytes_sent', 'request_length', 'connection_requests', 'request_completion'],
  ...['request', 'request_method', 'request_uri', 'uri', 'args', 'server_protocol', 'remote_addr'],
  ...['remote_user', 'server_name', 'host', 'http_x_a', 'content_length', 'content_type', 'scheme'],
  ...['upstream_addr', 'upstream_status', 'upstream_response_length', 'sent_http_x_o'],
  ...['upstream_http_x_o', 'sent_http_location', 'proxy_host', 'server_port'],
  ...['remote_port', 'binary_remote_addr', 'realip_remote_addr', 'nosuch'],
];
/** Compared with every digit taken for any other. */
const SHAPES = [
  ...['msec', 'time_iso8601', 'time_local', 'request_time', 'connection', 'connection_time', 'pid'],
  ...['upstream_connect_time', 'upstream_header_time', 'upstream_response_time', 'request_id'],
];

const NAMES = [...EXACT, ...SHAPES, 'bytes_sent'];

/** FOLDER, LISTEN, ORIGIN and OWN (a port) are filled in. */
const CONF = `
  log_format all '${NAMES.map((name) => `${name}=<$${name}>`).join(' ')}';
  access_log FOLDER/all.log all;
  map $arg_nosuch $nosuch { default ""; }
  upstream mixed { server 127.0.0.1:1 max_fails=0; server ORIGIN max_fails=0; }
  upstream dead { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:2 max_fails=0; }
  server { LISTEN; server_name other.test; location / { return 204; } }
  server {
    LISTEN default_server;
    server_name one.test *.one.test;
    proxy_http_version 1.1;
    via off;
    large_client_header_buffers 2 1k;
    location / { proxy_pass http://ORIGIN; }
    location /mixed { proxy_pass http://mixed; }
    location /dead { proxy_pass http://dead; }
    location /return { return 200 "text"; }
    location /moved { return 301 /x; }
    location /closed { return 444; }
    location /page { error_page 404 /missing/page; return 404; }
    location /missing/ { internal; proxy_pass http://ORIGIN; }
    location /rewrite { rewrite ^ /other?y=2 last; }
    location /large { client_max_body_size 4; proxy_pass http://ORIGIN; }
    location /unbuffered { proxy_buffering off; proxy_pass http://ORIGIN; }
  }`;

/** What a client sends on one connection, one after the other. */
const DIALOGUES: readonly (readonly string[])[] = [
  [
    'GET /ok?a=b HTTP/1.1\r\nHost: one.test\r\nX-A: "1"\r\n\r\n',
    'GET /two HTTP/1.1\r\nHost: a.one.test\r\n\r\n',
  ],
  ['HEAD /ok HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n'],
  ['POST /ok HTTP/1.1\r\nHost: one.test\r\nContent-Length: 5\r\nContent-Type: text/x\r\n\r\nhello'],
  [
    'POST /ok HTTP/1.1\r\nHost: one.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ],
  ['GET /ok HTTP/1.0\r\nHost: one.test\r\n\r\n'],
  ['GET /ok HTTP/1.1\r\nHost: one.test\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n'],
  ['GET /ok HTTP/1.1\r\nHost: one.test\r\nAuthorization: Basic OnBhc3M=\r\n\r\n'],
  ['GET /ok HTTP/1.1\r\nHost: one.test\r\nAuthorization: Bearer x\r\n\r\n'],
  ['GET /a/../b%20c?x=%20 HTTP/1.1\r\nHost: ONE.test:80\r\n\r\n'],
  ['GET /mixed HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET /dead HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  [
    'GET /return HTTP/1.1\r\nHost: one.test\r\n\r\n',
    'GET /moved HTTP/1.1\r\nHost: one.test\r\n\r\n',
  ],
  ['GET /page HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET /rewrite?z HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['POST /large HTTP/1.1\r\nHost: one.test\r\nContent-Length: 5\r\n\r\nhello'],
  ['GET /unbuffered HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET /empty HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET /unchanged HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET /500 HTTP/1.1\r\nHost: one.test\r\n\r\n'],
  ['GET / HTTP/1.1\r\nHost: other.test\r\n\r\n'],
  ['GET / HTTP/1.1\r\nHost: unknown.test\r\n\r\n'],
];

/** Closed without an answer, or refused before there is anything to route. */
const ENDED = [
  'GET /closed HTTP/1.1\r\nHost: one.test\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'NONSENSE\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
  `GET /${'x'.repeat(2_000)} HTTP/1.1\r\nHost: one.test\r\n\r\n`,
  'GET / HTTP/1.1\r\nHost: one.test\r\nContent-Length: x\r\n\r\n',
];

/** What became of one exchange, by variable. */
type Line = Readonly<Record<string, string>>;

function parse(line: string): Line {
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=<([^>]*)>/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

function alike(line: Line, port: number): Line {
  const shown = Object.entries(line).map(([name, value]) => {
    if (name === 'bytes_sent') return [name, ''];
    if (name === 'sent_http_location') return [name, value.replace(`:${port}/`, ':OWN/')];
    if (name === 'server_port') return [name, value === `${port}` ? 'OWN' : value];
    if (name === 'remote_port') return [name, value.replace(/^\d{4,5}$/, 'PORT')];
    if (!SHAPES.includes(name)) return [name, value];
    if (name === 'connection' || name === 'pid') return [name, value.replace(/^\d+$/, 'N')];
    return [name, value.replace(/[\da-f]/g, '0')];
  });
  return Object.fromEntries(shown);
}

function nameOf(text: string): string {
  const line = text.slice(0, 60).replace(/\r\n.*/s, '');
  return text.includes('chunked') ? `${line} (chunked)` : line;
}

/** What docs/differences.md has. */
function isListed(key: string, name: string, { request_method, status }: Line): boolean {
  // Our pages have other words, and the name of the program is in nginx's.
  if (key === 'body_bytes_sent') return Number(status) >= 300 && !name.startsWith('GET /500');
  const isRefused = status === '400' || status === '414';
  // Of what is refused nginx has read more, or less.
  if (isRefused && (key === 'uri' || key === 'request_length')) return true;
  if (status === '414' && key === 'request') return true;
  const isChunked = request_method === 'POST' && name.endsWith('(chunked)');
  return isChunked && (key === 'request_length' || key === 'content_length');
}

class Side {
  readonly folder: string;

  constructor(t: TestContext) {
    this.folder = mkdtempSync('/tmp/weir-values-');
    t.after(() => rmSync(this.folder, { recursive: true }));
  }

  get lines(): readonly Line[] {
    const path = join(this.folder, 'all.log');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'latin1').split('\n').slice(0, -1).map(parse);
  }

  async has(count: number): Promise<readonly Line[]> {
    while (this.lines.length < count) await nextTurn();
    return this.lines;
  }

  /** After each dialogue its lines are awaited: they are written in the order of the ends. */
  async talk(port: number): Promise<readonly number[]> {
    const receivedBytes: number[] = [];
    let count = this.lines.length;
    for (const dialogue of DIALOGUES) {
      const client = await RawClient.connect(port);
      for (const text of dialogue) {
        const before = client.received.length;
        client.send(text);
        await client.response(text.slice(0, text.indexOf(' ')));
        await this.has(++count);
        receivedBytes.push(client.received.length - before);
      }
      client.close();
    }
    for (const text of ENDED) {
      const client = await RawClient.connect(port);
      client.send(text);
      while (client.state === 'open') await nextTurn();
      await this.has(++count);
      receivedBytes.push(client.received.length);
      client.close();
    }
    return receivedBytes;
  }
}

const ANSWERS: Readonly<Record<string, string>> = {
  '/empty': 'HTTP/1.1 204 No Content\r\nX-O: e\r\n\r\n',
  '/unchanged': 'HTTP/1.1 304 Not Modified\r\nX-O: u\r\n\r\n',
  '/500': 'HTTP/1.1 500 No\r\nX-O: "5"\r\nContent-Length: 3\r\n\r\nno\n',
};

test('what logs say of exchanges is what nginx says', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ line }, connection) => {
      const path = line.split(' ')[1] ?? '';
      if (path === '/nothing') {
        connection.destroy();
        return undefined;
      }
      const usual = 'HTTP/1.1 200 OK\r\nX-O: 1\r\nContent-Length: 12\r\n\r\n';
      return ANSWERS[path] ?? (line.startsWith('HEAD') ? usual : `${usual}twelve bytes`);
    },
  });
  t.after(() => origin.close());
  const [side, own] = [new Side(t), new Side(t)];
  const filled = (folder: string, listen: string): string =>
    CONF.replaceAll('FOLDER', folder)
      .replaceAll('ORIGIN', `127.0.0.1:${origin.port}`)
      .replaceAll('LISTEN', `listen ${listen}`);
  const nginx = await startNginx((port) =>
    filled(side.folder, `127.0.0.1:${port}`).replace('via off;', ''),
  );
  t.after(() => nginx.close());
  // startNginx connects to see whether it accepts.
  const edge = startEdge({ tier: 'fast', conf: filled(own.folder, ANY_PORT) });
  t.after(() => edge.close());
  const [expectedBytes, actualBytes] = [await side.talk(nginx.port), await own.talk(edge.port)];
  const [expected, actual] = [side.lines, own.lines];
  const differences: string[] = [];
  const names = [...DIALOGUES.flat(), ...ENDED].map(nameOf);
  for (const [at, name] of names.entries()) {
    const [theirs, ours] = [expected[at], actual[at]];
    assert.ok(theirs !== undefined && ours !== undefined, name);
    const [a, b] = [alike(theirs, nginx.port), alike(ours, edge.port)];
    for (const key of NAMES) {
      if (a[key] !== b[key] && !isListed(key, name, b))
        differences.push(`${name}: $${key} is ${b[key]}, in nginx ${a[key]}`);
    }
  }
  assert.deepEqual(differences, []);
  assert.deepEqual(
    expected.map(({ bytes_sent }) => Number(bytes_sent)),
    expectedBytes,
  );
  assert.deepEqual(
    actual.map(({ bytes_sent }) => Number(bytes_sent)),
    actualBytes,
  );
  assert.equal(
    new Set(actual.map(({ connection }) => connection)).size,
    DIALOGUES.length + ENDED.length,
  );
});
