// The same nginx.conf to Debian's nginx and to Weir: which lines go where, and what they say.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';

const TEXT = String.raw`$request_method "$request_uri" $status "$http_x_a" <$arg_a>`;

/** FOLDER, PORT, LISTEN and ORIGIN are filled in. */
const CONF = `
  log_format plain '${TEXT}';
  log_format json escape=json '{"line":"$request","agent":"$http_user_agent","none":"$arg_none"}';
  log_format none escape=none '$http_x_a|$arg_none|';
  log_format default escape=default '$http_x_a|' '$arg_none|$host';
  log_format constant 'a line';
  map $status $loggable { ~^[23] 0; default 1; }
  map $arg_v $empty { default ""; 1 yes; }
  access_log FOLDER/http.log plain;
  server {
    LISTEN default_server;
    server_name one.test;
    error_page 402 /inherit/page;
    location /inherit { return 204; }
    location /none { access_log off; return 204; }
    location /both-off { access_log FOLDER/never.log; access_log off; return 204; }
    location /two { access_log FOLDER/a.log plain; access_log FOLDER/b.log json; return 204; }
    location /twice { access_log FOLDER/a.log plain; access_log FOLDER/a.log constant; return 204; }
    location /escapes { access_log FOLDER/none.log none; access_log FOLDER/default.log default;
      access_log FOLDER/json.log json; return 204; }
    location /if { access_log FOLDER/if.log plain if=$loggable; return 204; location /if/403 { return 403; } }
    location /if-empty { access_log FOLDER/if.log plain if=$empty; return 204; }
    location /if-args { access_log FOLDER/if.log plain if=$arg_a$arg_b; return 204; }
    location /if-zeros { access_log FOLDER/if.log plain if=0$arg_a; return 204; }
    location /buffer { access_log FOLDER/buffer.log plain buffer=4k flush=100ms; return 204; }
    location /gzip { access_log FOLDER/gzip.log plain gzip=9 buffer=4k flush=100ms; return 204; }
    location /gzip-plain { access_log FOLDER/gzip2.log plain gzip flush=100ms; return 204; }
    location /path { root FOLDER; access_log FOLDER/path-$arg_a.log plain; return 204; }
    location /path-cache { root FOLDER; open_log_file_cache max=2 inactive=1s min_uses=2 valid=1m;
      access_log FOLDER/cached-$arg_a.log plain; return 204; }
    location /folder { root FOLDER; access_log FOLDER/$arg_a/x.log plain; return 204; }
    location /path-if { root FOLDER; access_log FOLDER/path-$arg_a.log plain if=$arg_b; return 204; }
    location /subrequest { log_subrequest on; log_not_found off; return 204; }
    location /in-if { if ($arg_a) { access_log FOLDER/in-if.log plain; return 204; } return 204; }
    location /redirect { return 301 /x; }
    location /page { return 402; }
    location /rewrite { rewrite ^ /two last; }
    location /proxy { access_log FOLDER/proxy.log plain; proxy_pass ORIGIN; }
    location /syslog { access_log syslog:server=127.0.0.1:PORT plain; return 204; }
    location /syslog-all { access_log syslog:server=127.0.0.1:PORT,facility=local0,severity=debug,tag=some_1,nohostname json; return 204; }
    location /syslog-if { access_log syslog:server=127.0.0.1:PORT,nohostname,tag=t plain if=$arg_a; return 204; }
  }
  server {
    LISTEN;
    server_name own.test;
    access_log FOLDER/own.log plain;
    location / { return 204; }
    location /inner { access_log FOLDER/inner.log plain; location /inner/more { return 204; } return 204; }
  }
  server { LISTEN; server_name off.test; access_log off; location / { return 204; } location /on { access_log FOLDER/on.log plain; return 204; } }`;

const ONE = [
  ...[
    '/inherit',
    '/none',
    '/both-off',
    '/two',
    '/twice',
    '/escapes?a=1',
    '/if',
    '/if/403',
    '/page',
  ],
  ...['/if-empty', '/if-empty?v=1', '/if-args', '/if-args?a=0', '/if-args?a=0&b=0', '/if-args?b=x'],
  ...['/if-zeros', '/if-zeros?a=0', '/buffer', '/buffer?a=2', '/gzip', '/gzip?a=b', '/gzip-plain'],
  ...['/path?a=x', '/path?a=y', '/path?a=x', '/path', '/path-cache?a=1', '/path-cache?a=2'],
  ...[
    '/path-cache?a=1',
    '/path-cache?a=1',
    '/path-cache?a=3',
    '/path-cache?a=1',
    '/path-cache?a=4',
  ],
  ...['/folder?a=here', '/folder?a=nowhere', '/path-if?a=z', '/path-if?a=z&b=1', '/subrequest'],
  ...['/in-if', '/in-if?a=1', '/redirect', '/rewrite?a=3', '/proxy', '/missing', '/path?a=%2e%2e'],
];
const SYSLOG = ['/syslog?a=1', '/syslog-all', '/syslog-if', '/syslog-if?a=1', '/syslog?a=2'];

const FIELDS = ['X-A: plain', 'X-A: "q" \\ \t\xe4\xf6 end', 'User-Agent: x"\\\t\x80'];

/** Whole requests, for the second server and those that are refused. */
const RAW = [
  'GET /inner HTTP/1.1\r\nHost: own.test\r\n\r\n',
  'GET /inner/more HTTP/1.0\r\nHost: own.test\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: own.test\r\nX-A: 1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: off.test\r\n\r\n',
  'GET /on HTTP/1.1\r\nHost: off.test\r\n\r\n',
  'HEAD /inherit HTTP/1.1\r\nHost: one.test\r\n\r\n',
];

/** Its lines have come, and the last member of it: while one is being written there is a part of it. */
function isWhole(path: string): boolean {
  try {
    return read(path).endsWith('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return false;
    throw error;
  }
}

async function talk(port: number, text: string): Promise<void> {
  const client = await RawClient.connect(port);
  client.send(text);
  await client.response(text.startsWith('HEAD') ? 'HEAD' : 'GET');
  client.close();
}

async function talkAll(port: number): Promise<void> {
  for (const target of [...ONE, ...SYSLOG]) {
    for (const fields of FIELDS) {
      await talk(
        port,
        `GET ${target} HTTP/1.1\r\nHost: one.test\r\n${fields}\r\nConnection: close\r\n\r\n`,
      );
    }
  }
  for (const text of RAW) await talk(port, text);
}

class Receiver {
  readonly messages: string[] = [];
  readonly #socket = createSocket('udp4');

  static async start(t: TestContext): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#socket.on('message', (bytes) => receiver.messages.push(bytes.toString('latin1')));
    receiver.#socket.bind(0, '127.0.0.1');
    await once(receiver.#socket, 'listening');
    t.after(() => receiver.#socket.close());
    return receiver;
  }

  get port(): number {
    return this.#socket.address().port;
  }
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync('/tmp/weir-access-');
  mkdirSync(join(folder, 'here'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function read(path: string): string {
  if (!existsSync(path)) return '(none)';
  const bytes = readFileSync(path);
  return (path.includes('gzip') ? gunzipSync(bytes) : bytes).toString('latin1');
}

function logsIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.filter((name) => name.endsWith('.log')).map((name) => [name, read(join(folder, name))]),
  );
}

/** The message without its time, once it was seen to be one. */
function timeless(message: string): string {
  assert.match(message, /^<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /);
  return message
    .replace(/>.{15} /, '>TIME ')
    .replace(' nginx: ', ' OWN: ')
    .replace(' weir: ', ' OWN: ');
}

test('lines of access logs are nginx’s', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: () => 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n',
  });
  t.after(() => origin.close());
  const [folder, own] = [folderFor(t), folderFor(t)];
  const [receiver, ownReceiver] = [await Receiver.start(t), await Receiver.start(t)];
  const filled = (into: string, { port }: Receiver, listen: string): string =>
    CONF.replaceAll('FOLDER', into)
      .replaceAll(':PORT', `:${port}`)
      .replaceAll('ORIGIN', `http://127.0.0.1:${origin.port}`)
      .replaceAll('LISTEN', `listen ${listen}`);
  const nginx = await startNginx((port) => {
    return filled(folder, receiver, `127.0.0.1:${port}`);
  });
  t.after(() => nginx.close());
  // `root` is for nginx alone: it looks whether it exists.
  const edge = startEdge({
    tier: 'fast',
    conf: filled(own, ownReceiver, ANY_PORT).replaceAll(/root \S+;/g, ''),
  });
  t.after(() => edge.close());
  await talkAll(nginx.port);
  await talkAll(edge.port);
  const expectedCount = SYSLOG.length * FIELDS.length - FIELDS.length;
  while (receiver.messages.length < expectedCount || ownReceiver.messages.length < expectedCount)
    await nextTurn();
  // Both gather some of them for a tenth of a second.
  for (const name of ['gzip.log', 'gzip2.log']) {
    while (!isWhole(join(folder, name))) await nextTurn();
  }
  edge.close();
  // nginx makes a file that nothing is written to.
  const { 'never.log': never, ...expected } = logsIn(folder);
  assert.equal(never, '');
  assert.deepEqual(logsIn(own), expected);
  assert.deepEqual(ownReceiver.messages.map(timeless), receiver.messages.map(timeless));
  assert.equal(receiver.messages.length, expectedCount);
});
