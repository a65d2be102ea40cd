// Of thousands of servers a thread compiles one when somebody asks for it (src/config/packed-model.ts):
// the first request to it finds what every other one finds.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** More than are compiled when a thread starts. */
const SERVERS = 300;

function conf(port: number): string {
  const servers = Array.from({ length: SERVERS }, (_, at) => {
    return `server {
      listen 127.0.0.1:${port};
      server_name s${at}.test ~^r${at}-(?<name>\\w+)$;
      access_log logs/${at}.log;
      error_page 418 = @tea;
      rewrite ^/old/(.*)$ /new/$1;
      location / { return 200 "${at} $name $uri"; }
      location /tea { return 418; }
      location @tea { return 200 "tea ${at}"; }
    }`;
  });
  return `worker_processes 1; pid weir.pid; error_log stderr notice; events {}
    http { access_log off;
      server { listen 127.0.0.1:${port} default_server; return 200 default; }
      ${servers.join('\n')}
    }`;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

async function ask(weir: Weir, host: string, path: string, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port: weir.port, path, method, agent: false });
  asked.setHeader('Host', host).end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, body: await text(response) };
}

it('the first request to one of many servers finds all that is in it', async (t) => {
  const weir = await startWeir({ conf, files: { 'logs/.keep': '' } });
  t.after(() => weir.stop());
  const firsts: readonly (readonly [path: string, body: string])[] = [
    ['/x', '/x'],
    ['/old/x', '/new/x'],
    ['/tea', 'tea'],
  ];
  for (const [index, [path, body]] of firsts.entries()) {
    const at = 200 + index;
    const expected = body === 'tea' ? `tea ${at}` : `${at}  ${body}`;
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await ask(weir, `s${at}.test`, path), { status: 200, body: expected });
    }
  }
  assert.equal((await ask(weir, 'r250-abc', '/')).body, '250 abc /');
  assert.equal((await ask(weir, 's251.test', '*', 'OPTIONS')).status, 200);
  assert.equal((await ask(weir, 'unknown.test', '/')).body, 'default');
});

it('logs are open before the first request to the server that writes to them', async (t) => {
  const weir = await startWeir({ conf, files: { 'logs/.keep': '' } });
  t.after(() => weir.stop());
  const log = join(weir.folder, 'logs/260.log');
  renameSync(log, `${log}.1`);
  assert.equal((await ask(weir, 's260.test', '/first')).status, 200);
  weir.signal('SIGTERM');
  await weir.waitForExit();
  assert.match(readFileSync(`${log}.1`, 'utf8'), /"GET \/first /);
});
