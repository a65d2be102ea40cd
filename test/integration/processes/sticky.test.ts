// `sticky` over threads, instances and reloads: what one has learned, all know.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { reload } from '#test/support/processes.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

const SESSIONS = 60;

/** Three origins that tell their port and begin the session that the query names. */
async function startOrigins(t: TestContext): Promise<RawOrigin[]> {
  const origins: RawOrigin[] = [];
  for (let n = 0; n < 3; n++) {
    const origin: RawOrigin = await RawOrigin.start({
      onRequest: ({ line }) => {
        const id = /begin=(\w+)/.exec(line)?.[1];
        const cookie = id === undefined ? '' : `Set-Cookie: app=${id}\r\n`;
        const body = String(origin.port);
        return `HTTP/1.1 200 OK\r\n${cookie}Content-Length: ${body.length}\r\n\r\n${body}`;
      },
    });
    t.after(() => origin.close());
    origins.push(origin);
  }
  return origins;
}

function confOf(origins: readonly RawOrigin[], words: string) {
  const servers = origins.map(({ port }) => `server 127.0.0.1:${port};`).join(' ');
  return (port: number) => `worker_processes 2; pid weir.pid; error_log stderr notice; events {}
    http { access_log off;
      upstream u { ${servers} sticky ${words}; }
      server { listen 127.0.0.1:${port};
        location / { proxy_pass http://u; } } }`;
}

/** A connection of its own: the kernel chooses the thread. */
async function ask(
  weir: Weir,
  path: string,
  cookie = '',
): Promise<{ place: string; cookies: readonly string[] }> {
  const asked = request({ host: '127.0.0.1', port: weir.port, path, agent: false });
  if (cookie !== '') asked.setHeader('Cookie', cookie);
  asked.end();
  const [response] = await once(asked, 'response');
  return { place: await text(response), cookies: response.headers['set-cookie'] ?? [] };
}

async function placesOf(weir: Weir): Promise<string[]> {
  const places: string[] = [];
  for (let n = 0; n < SESSIONS; n++) places.push((await ask(weir, '/', `app=s${n}`)).place);
  return places;
}

it('sessions that one thread learns hold in all, and while a reload goes on', async (t) => {
  const origins = await startOrigins(t);
  const words = 'learn create=$upstream_cookie_app lookup=$cookie_app zone=z:64k';
  const weir = await startWeir({ conf: confOf(origins, words) });
  t.after(() => weir.stop());
  const begun: string[] = [];
  for (let n = 0; n < SESSIONS; n++) begun.push((await ask(weir, `/?begin=s${n}`)).place);
  assert.equal(new Set(begun).size, 3);
  assert.deepEqual(await placesOf(weir), begun);
  for (let round = 0; round < 3; round++) {
    weir.writeConf(confOf(origins.reverse(), words));
    let isReloading = true;
    const reloaded = reload(weir).then(() => {
      isReloading = false;
    });
    // Whichever generation answers knows them all.
    while (isReloading) assert.deepEqual(await placesOf(weir), begun);
    await reloaded;
    assert.deepEqual(await placesOf(weir), begun);
  }
});

it('threads, a reload and another instance agree on the name of an endpoint', async (t) => {
  const origins = await startOrigins(t);
  const words = 'cookie id secret=of-all-instances';
  const one = await startWeir({ conf: confOf(origins, words) });
  t.after(() => one.stop());
  const other = await startWeir({ conf: confOf(origins.toReversed(), words) });
  t.after(() => other.stop());
  for (let n = 0; n < 12; n++) {
    const { cookies, place } = await ask(one, '/');
    const [cookie = ''] = cookies;
    for (const weir of [one, other]) {
      assert.deepEqual(await ask(weir, '/', cookie), { place, cookies });
    }
    if (n === 5) await reload(one);
  }
});
