// `sticky`: a client stays at its endpoint; what it is told of it, and what happens when it cannot.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import type { OriginScript } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

/** Answers with its port, and begins the session that the query names. */
const scripts: OriginScript[] = [0, 1, 2].map(() => ({
  onRequest: ({ line }) => answer(line),
}));

function answer(line: string, status = '200 OK', body = ''): string {
  const id = /[?&]begin=(\w+)/.exec(line)?.[1];
  const cookie = id === undefined ? '' : `Set-Cookie: app=${id}; Path=/\r\n`;
  return `HTTP/1.1 ${status}\r\n${cookie}Content-Length: ${body.length}\r\n\r\n${body}`;
}

interface Answer {
  readonly status: number;
  /** Number of the origin that answered; −1: none did. */
  readonly at: number;
  readonly cookies: readonly string[];
}

async function ask(stage: Stage, fields: readonly string[] = [], target = '/'): Promise<Answer> {
  const before = stage.origins.map(seen);
  const lines = [`GET ${target} HTTP/1.1`, 'Host: a.test', 'Connection: close', ...fields];
  const client = await stage.client(`${lines.join('\r\n')}\r\n\r\n`);
  const response = await client.response();
  client.close();
  const at = stage.origins.findIndex((origin, n) => seen(origin) > (before[n] ?? 0));
  return { status: response.status, at, cookies: response.fields.get('set-cookie') ?? [] };
}

function seen(origin: Stage['origins'][number]): number {
  return origin.connections.reduce((sum, { requestCount }) => sum + requestCount, 0);
}

/** Three endpoints; `more`: parameters of each, by its number. */
function stageOf(
  t: TestContext,
  tier: TransportTier,
  sticky: string,
  more: (at: number, port: number) => string = () => '',
  origins: readonly OriginScript[] = scripts,
): Promise<Stage> {
  return setStage(t, tier, {
    scripts: origins,
    conf: (...ports) => {
      const servers = ports.map((port, at) => `server 127.0.0.1:${port} ${more(at, port)};`);
      return `upstream origins { ${servers.join(' ')} sticky ${sticky}; }
        server { listen 127.0.0.1:1; location / { proxy_pass http://origins; } }`;
    },
  });
}

const pairOf = (cookie = '') => cookie.split(';')[0] ?? '';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

onBothTiers('sticky cookie', (it) => {
  it('tells the endpoint as nginx does, and sends the client there again', async (t, tier) => {
    const stage = await stageOf(t, tier, 'cookie srv_id');
    const first = await ask(stage);
    const id = md5(`127.0.0.1:${stage.origins[first.at]?.port}`);
    assert.deepEqual(first.cookies, [`srv_id=${id}`]);
    for (let n = 0; n < 5; n++) {
      const again = await ask(stage, [`Cookie: a=b; SRV_ID=${id}; c=d`]);
      assert.deepEqual([again.at, again.cookies], [first.at, first.cookies]);
    }
  });

  it('sets the attributes in the order and form of nginx', async (t, tier) => {
    const stage = await stageOf(
      t,
      tier,
      'cookie id expires=1h domain=.$host httponly secure samesite=$arg_same path=/app',
      (at) => `route=r${at}`,
    );
    const cookieFor = async (same: string) => (await ask(stage, [], `/?same=${same}`)).cookies[0];
    const form = (same: string) =>
      new RegExp(
        `^id=r[012]; expires=[A-Z][a-z]{2}, \\d\\d-[A-Z][a-z]{2}-\\d\\d \\d\\d:\\d\\d:\\d\\d GMT; max-age=3600; domain=\\.a\\.test; httponly; secure${same}; path=/app$`,
      );
    assert.match((await cookieFor('Lax')) ?? '', form('; samesite=Lax'));
    assert.match((await cookieFor('')) ?? '', form(''));
    assert.match((await cookieFor('none;x')) ?? '', form('; samesite=strict'));
    const text = (await cookieFor('')) ?? '';
    const date = Date.parse(/expires=\w+, ([^;]+)/.exec(text)?.[1]?.replaceAll('-', ' ') ?? '');
    assert.ok(Math.abs(date - Date.now() - 3_600_000) < 60_000, text);
  });

  it('hides the address with a secret, and takes only what it gave itself', async (t, tier) => {
    const stage = await stageOf(t, tier, 'cookie id expires=max secret=0123456789abcdef');
    const first = await ask(stage);
    const cookie = first.cookies[0] ?? '';
    assert.match(cookie, /^id=[\w-]{22}; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000$/);
    for (let n = 0; n < 3; n++) {
      assert.equal((await ask(stage, [`Cookie: ${pairOf(cookie)}`])).at, first.at);
    }
    // Forged ones go round, as if there were none.
    const forged = [md5('127.0.0.1:80'), 'x'.repeat(5_000), '', '__proto__'];
    const places = new Set<number>();
    for (const id of forged) places.add((await ask(stage, [`Cookie: id=${id}`])).at);
    assert.deepEqual([...places].sort(), [0, 1, 2]);
  });

  it('chooses another endpoint when its own refuses, and tells that one', async (t, tier) => {
    const stage = await stageOf(t, tier, 'cookie id', (at) => `route=r${at} max_fails=1`);
    await stage.origins[1]?.close();
    const moved = await ask(stage, ['Cookie: id=r1']);
    assert.notEqual(moved.at, 1);
    assert.deepEqual(moved.cookies, [`id=r${moved.at}`]);
    const again = await ask(stage, [`Cookie: id=r${moved.at}`]);
    assert.equal(again.at, moved.at);
  });

  it('leaves no cookie of one that failed when another is asked in its place', async (t, tier) => {
    const failing: OriginScript = { onRequest: ({ line }) => answer(line, '503 Busy') };
    const origins = [failing, ...scripts.slice(1)];
    const stage = await setStage(t, tier, {
      scripts: origins,
      conf: (...ports) => `
        upstream origins { ${ports.map((port, at) => `server 127.0.0.1:${port} route=r${at};`).join(' ')} sticky cookie id; }
        server { listen 127.0.0.1:1; proxy_next_upstream http_503;
          location / { proxy_pass http://origins; } }`,
    });
    const { cookies, status } = await ask(stage, ['Cookie: id=r0']);
    assert.equal(status, 200);
    assert.equal(cookies.length, 1);
    assert.match(cookies[0] ?? '', /^id=r[12]$/);
  });

  it('lets drain keep its own clients and get no others; down has none', async (t, tier) => {
    const traits = ['drain', 'down', ''];
    const stage = await stageOf(t, tier, 'cookie id', (at) => `route=r${at} ${traits[at]}`);
    for (let n = 0; n < 3; n++) {
      assert.equal((await ask(stage, ['Cookie: id=r0'])).at, 0);
      assert.equal((await ask(stage)).at, 2);
      assert.deepEqual((await ask(stage, ['Cookie: id=r1'])).cookies, ['id=r2']);
    }
  });

  it('with strict says 503 in place of moving a client', async (t, tier) => {
    const stage = await stageOf(t, tier, 'cookie id strict', (at) => {
      return `route=r${at} ${at === 1 ? 'down' : ''}`;
    });
    assert.deepEqual(await ask(stage, ['Cookie: id=r1']), { status: 503, at: -1, cookies: [] });
    assert.equal((await ask(stage, ['Cookie: id=unknown'])).status, 200);
    await stage.origins[0]?.close();
    assert.equal((await ask(stage, ['Cookie: id=r0'])).status, 503);
    assert.ok(stage.edge.errors.some((line) => line.includes('sticky … strict')));
  });

  it('stands beside the cookies of endpoints, which rules for these leave alone', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts,
      upstream: 'sticky cookie id path=/;',
      location: 'proxy_cookie_path / /changed; proxy_hide_header Set-Cookie;',
    });
    const { cookies } = await ask(stage, [], '/?begin=x');
    assert.equal(cookies.length, 1);
    assert.match(cookies[0] ?? '', /^id=[0-9a-f]{32}; path=\/$/);
  });
});

onBothTiers('sticky route', (it) => {
  it('goes where the first variable that is not empty says', async (t, tier) => {
    const stage = await stageOf(t, tier, 'route $cookie_route $arg_route', (at) => `route=r${at}`);
    for (const at of [2, 0, 1, 1]) {
      assert.equal((await ask(stage, [`Cookie: route=r${at}`], '/?route=r0')).at, at);
      const byQuery = await ask(stage, [], `/?route=r${at}`);
      assert.deepEqual([byQuery.at, byQuery.cookies], [at, []]);
    }
  });

  it('lets several servers of one route take turns', async (t, tier) => {
    const stage = await stageOf(t, tier, 'route $arg_r', (at) => `route=${at < 2 ? 'a' : 'b'}`);
    const places = new Set<number>();
    for (let n = 0; n < 4; n++) places.add((await ask(stage, [], '/?r=a')).at);
    assert.deepEqual([...places].sort(), [0, 1]);
  });
});

onBothTiers('sticky learn', (it) => {
  const learn = 'learn create=$upstream_cookie_app lookup=$cookie_app zone=sessions:32k';

  for (const words of [learn, `${learn} header`]) {
    it(`${words.endsWith('header') ? 'with header ' : ''}keeps a session where it began`, async (t, tier) => {
      const stage = await stageOf(t, tier, words);
      const places = new Map<string, number>();
      for (let n = 0; n < 6; n++) {
        const { at, cookies } = await ask(stage, [], `/?begin=s${n}`);
        assert.deepEqual(cookies, [`app=s${n}; Path=/`]);
        places.set(`s${n}`, at);
      }
      assert.deepEqual(new Set(places.values()), new Set([0, 1, 2]));
      for (const [id, at] of [...places].reverse()) {
        assert.equal((await ask(stage, [`Cookie: app=${id}`])).at, at);
      }
    });
  }

  it('follows a session to where it had to go', async (t, tier) => {
    const stage = await stageOf(t, tier, learn);
    const { at } = await ask(stage, [], '/?begin=s');
    await stage.origins[at]?.close();
    const moved = await ask(stage, ['Cookie: app=s']);
    assert.notEqual(moved.at, at);
    for (let n = 0; n < 4; n++) assert.equal((await ask(stage, ['Cookie: app=s'])).at, moved.at);
  });

  it('learns nothing of a session that no endpoint began', async (t, tier) => {
    const stage = await stageOf(t, tier, learn);
    const places = new Set<number>();
    for (let n = 0; n < 3; n++) places.add((await ask(stage, ['Cookie: app=made-up'])).at);
    assert.equal(places.size, 3);
  });
});
