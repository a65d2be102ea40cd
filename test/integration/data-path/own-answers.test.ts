// What the edge answers by itself: return, status pages, and the counters they show.

import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const get = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

async function stub(stage: Stage): Promise<Record<string, number>> {
  const client = await stage.client(get('/stub', 'Connection: close'));
  const page = (await client.response()).body.toString();
  client.close();
  const found =
    /^Active connections: (\d+) \nserver accepts handled requests\n (\d+) (\d+) (\d+) \nReading: (\d+) Writing: (\d+) Waiting: (\d+) \n$/.exec(
      page,
    );
  assert.ok(found, page);
  const names = ['active', 'accepts', 'handled', 'requests', 'reading', 'writing', 'waiting'];
  return Object.fromEntries(names.map((name, at) => [name, Number(found[at + 1])]));
}

const LOCATIONS = `
  location = /text { return 200 "hello $arg_name"; }
  location = /empty { return 204; }
  location = /page { return 403; }
  location = /moved { return 301 /there; }
  location = /found { return http://b.test/; }
  location = /scheme { return 308 $scheme://$host$request_uri; }
  location = /split { return 302 http://b.test/$arg_x$uri; }
  location /path { return 301 http://b.test$uri; }
  location = /silent { return 444; }
  location = /stub { stub_status; }
  location = /json { status_json; }
  location /dir/ { proxy_pass http://origins; }`;

onBothTiers('an answer of our own', (it) => {
  it('return with a text, a page, nothing', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const client = await stage.client(get('/text?name=a') + get('/empty') + get('/page'));
    const text = await client.response();
    assert.deepEqual([text.status, text.body.toString()], [200, 'hello a']);
    assert.deepEqual(text.fields.get('content-type'), ['text/plain']);
    const empty = await client.response();
    assert.deepEqual([empty.status, empty.body.length], [204, 0]);
    assert.equal(empty.fields.has('content-length'), false);
    const page = await client.response();
    assert.equal(page.status, 403);
    assert.match(page.body.toString(), /403 Forbidden/);
    assert.equal(stage.origin.connections.length, 0);
  });

  it('to HEAD has the fields and no body', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const client = await stage.client(
      `HEAD /text?name=a HTTP/1.1\r\nHost: a.test\r\n\r\n${get('/empty')}`,
    );
    const head = await client.response('HEAD');
    assert.deepEqual(head.fields.get('content-length'), ['7']);
    assert.equal((await client.response()).status, 204);
  });

  it('redirects name the whole address, and cannot be split', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const { port } = stage.edge;
    for (const [path, status, location] of [
      ['/moved', 301, `http://a.test:${port}/there`],
      ['/found', 302, 'http://b.test/'],
      ['/scheme?a=b', 308, 'http://a.test/scheme?a=b'],
      ['/dir?x=y', 301, `http://a.test:${port}/dir/?x=y`],
      ['/path/a%0d%0aSet-Cookie:%20x', 400, undefined],
    ] as const) {
      const client = await stage.client(get(path));
      const response = await client.response();
      assert.equal(response.status, status, path);
      assert.equal(response.fields.get('location')?.[0], location, path);
      assert.equal(response.fields.has('set-cookie'), false);
      client.close();
    }
  });

  it('444 closes without a word', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const client = await stage.client(get('/silent') + get('/text'));
    await client.closed();
    assert.equal(client.received.length, 0);
  });

  it('the status pages', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: LOCATIONS,
      scripts: [{ onRequest: () => ok() }],
    });
    const client = await stage.client(get('/') + get('/page'));
    await client.response();
    await client.response();
    assert.deepEqual(await stub(stage), {
      active: 2,
      accepts: 2,
      handled: 2,
      requests: 3,
      reading: 0,
      writing: 1,
      waiting: 1,
    });
    const asking = await stage.client(get('/json'));
    const json = JSON.parse((await asking.response()).body.toString());
    assert.deepEqual(json.requests.responses, { '1xx': 0, '2xx': 2, '3xx': 0, '4xx': 1, '5xx': 0 });
    assert.deepEqual(json.upstreamConnections, { dialed: 1, reused: 0 });
    assert.equal(json.upstreams[0].endpoints[0].active, 0);
    assert.equal(json.upstreams[0].endpoints[0].requests, 1);
    assert.equal(json.requests.internalErrors, 0);
  });
});

onBothTiers('the gauges', (it) => {
  it('show what goes on, and return to nothing', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const reading = await stage.client('GET / HT');
    const writing = await stage.client(get('/'));
    const waiting = await stage.client(get('/text'));
    await waiting.response();
    await stage.origin.request(0);
    const all = await stub(stage);
    assert.deepEqual([all['active'], all['reading'], all['writing'], all['waiting']], [4, 1, 2, 1]);
    assert.equal(stage.edge.shared.endpoints.active(0), 1);
    const left = stage.origin.connections.map((connection) => connection.closed());
    for (const client of [reading, writing, waiting]) client.close();
    await Promise.all(left);
    const after = await until(stage, ({ active }) => active === 1);
    assert.deepEqual(
      [after['active'], after['reading'], after['writing'], after['waiting']],
      [1, 0, 1, 0],
    );
    assert.equal(stage.edge.shared.endpoints.active(0), 0);
  });

  it('return to nothing whatever happened', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: `${LOCATIONS} client_header_timeout 50ms; client_body_timeout 50ms; lingering_timeout 50ms;`,
      location: 'proxy_read_timeout 50ms;',
      scripts: [
        {
          onRequest: ({ line }, connection) => {
            if (line.includes('/ok')) return ok();
            if (line.includes('/cut')) {
              connection.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc');
              connection.end();
            }
            if (line.includes('/junk')) return 'junk\r\n\r\n';
            return undefined;
          },
        },
      ],
    });
    const post = 'POST /ok HTTP/1.1\r\nHost: a.test\r\n';
    for (const text of [
      get('/ok'),
      get('/cut'),
      get('/junk'),
      get('/late'),
      get('/silent'),
      get('/text').repeat(3),
      `${get('/ok')}bad request\r\n\r\n`,
      'GET / HTTP/1.1\r\n',
      `${post}Content-Length: 5\r\n\r\nabc`,
      `${post}Content-Length: 9999999\r\n\r\nabc`,
      `${post}Transfer-Encoding: chunked\r\n\r\nzz`,
      `${post.replace('/ok', '/text')}Content-Length: 5\r\n\r\nabc`,
      `${post.replace('/ok', '/text')}Content-Length: 5\r\n\r\nabcde${get('/ok')}`,
      `${post.replace('/ok', '/text')}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`,
    ]) {
      for (const how of ['wait', 'finish', 'reset'] as const) {
        const client = await stage.client(text, { staysOpen: how !== 'wait' });
        if (how === 'wait') {
          client.finish();
          await client.closed();
        } else {
          await client.response().catch(() => undefined);
          client[how]();
        }
      }
    }
    const after = await until(stage, ({ active }) => active === 1);
    assert.deepEqual(
      [after['active'], after['reading'], after['writing'], after['waiting']],
      [1, 0, 1, 0],
    );
    assert.equal(stage.edge.shared.endpoints.active(0), 0);
  });
});

/** Asks for the page until it is as wanted: closing clients are noticed one turn later. */
async function until(
  stage: Stage,
  isReached: (page: Record<string, number>) => boolean,
): Promise<Record<string, number>> {
  for (;;) {
    const page = await stub(stage);
    if (isReached(page)) return page;
  }
}
