// The same nginx.conf to Debian's nginx and to Weir: which error log is told of which request.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';

/** FOLDER, PORT and LISTEN are filled in; nobody listens on port 1. */
const CONF = `
  error_log FOLDER/http.log;
  server {
    LISTEN default_server;
    server_name inherits.test;
    location / { proxy_pass http://127.0.0.1:1; }
    location /own { error_log FOLDER/own.log; proxy_pass http://127.0.0.1:1; location /own/inner { proxy_pass http://127.0.0.1:1; } }
    location /quiet { error_log FOLDER/crit.log crit; proxy_pass http://127.0.0.1:1; }
    location /levels { error_log FOLDER/emerg.log emerg; error_log FOLDER/error.log error; error_log FOLDER/info.log info; proxy_pass http://127.0.0.1:1; }
    location /if { if ($arg_a) { set $x 1; } error_log FOLDER/if.log; proxy_pass http://127.0.0.1:1; }
    location /page { error_log FOLDER/page.log; error_page 502 = /own; proxy_pass http://127.0.0.1:1; }
    location /rewrite { rewrite_log on; error_log FOLDER/notice.log notice; rewrite ^/rewrite(.*) $1 break; proxy_pass http://127.0.0.1:1; }
    location /rewrite-quiet { rewrite_log on; error_log FOLDER/warn.log warn; rewrite ^/rewrite(.*) $1 break; return 204; }
    location /syslog { error_log syslog:server=127.0.0.1:PORT,tag=t_1,facility=user; error_log FOLDER/beside.log; proxy_pass http://127.0.0.1:1; }
    location /syslog-quiet { error_log syslog:server=127.0.0.1:PORT alert; proxy_pass http://127.0.0.1:1; }
  }
  server {
    LISTEN;
    server_name own.test;
    error_log FOLDER/server.log info;
    location / { proxy_pass http://127.0.0.1:1; }
    location /body { client_max_body_size 1; proxy_pass http://127.0.0.1:1; }
  }`;

const PATHS = [
  ...['/', '/own', '/own/inner', '/quiet', '/levels', '/if?a=1', '/page', '/rewrite/x'],
  ...['/rewrite-quiet/x', '/syslog', '/syslog-quiet'],
];
const REQUESTS = [
  ...PATHS.map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: inherits.test\r\nConnection: close\r\n\r\n`,
  ),
  'GET / HTTP/1.1\r\nHost: own.test\r\nConnection: close\r\n\r\n',
];

class Side {
  readonly folder = mkdtempSync('/tmp/weir-errors-');
  readonly messages: string[] = [];
  readonly #socket = createSocket('udp4');

  async start(t: TestContext): Promise<void> {
    this.#socket.on('message', (bytes) => this.messages.push(bytes.toString()));
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    t.after(() => {
      this.#socket.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  conf(listen: string): string {
    return CONF.replaceAll('FOLDER', this.folder)
      .replaceAll(':PORT', `:${this.#socket.address().port}`)
      .replaceAll('LISTEN', `listen ${listen}`);
  }

  async ask(port: number): Promise<void> {
    for (const text of REQUESTS) {
      const client = await RawClient.connect(port);
      client.send(text);
      await client.response('GET');
      client.close();
    }
  }

  /** By file: level and target of each line; a file of its own for syslog. */
  get told(): Readonly<Record<string, readonly string[]>> {
    const files = readdirSync(this.folder).sort();
    const entries = files.map((name) => {
      const lines = readFileSync(join(this.folder, name), 'utf8').trimEnd().split('\n');
      return [name, lines.filter((line) => line !== '').map(shape)] as const;
    });
    return Object.fromEntries(entries.filter(([name]) => name.endsWith('.log')));
  }
}

/** What lines of both have in common. */
function shape(line: string): string {
  const [, level, request] = /\[(\w+)\] \d+#\d+: .*request: "([^"]*)"/.exec(line) ?? [];
  assert.ok(level !== undefined && request !== undefined, line);
  return `${level} ${request}`;
}

test('each error log has the lines that nginx’s has', requirePeer('nginx'), async (t) => {
  const [side, own] = [new Side(), new Side()];
  await side.start(t);
  await own.start(t);
  const nginx = await startNginx((port) => side.conf(`127.0.0.1:${port}`));
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: own.conf(ANY_PORT) });
  t.after(() => edge.close());
  await side.ask(nginx.port);
  await own.ask(edge.port);
  while (side.messages.length < 1 || own.messages.length < 1) await nextTurn();
  edge.close();
  assert.deepEqual(own.told, side.told);
  const told = Object.values(side.told);
  assert.ok(told.length >= 10 && told.flat().length >= 10, 'there is something to compare');
  const head = new RegExp(
    String.raw`^<11>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ${hostname().toLowerCase()} t_1: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: .*[^\n]$`,
  );
  for (const { messages } of [side, own]) {
    assert.equal(messages.length, 1);
    assert.match(messages[0] ?? '', head);
  }
  assert.deepEqual(own.messages.map(shape), side.messages.map(shape));
  assert.deepEqual(edge.errors, [], 'what is about requests stays out of the log of the process');
});
