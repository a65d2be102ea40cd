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

onBothTiers('the page of an error', (it) => {
  it('is JSON for whoever prefers it, and says nothing of our inside', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: `${LOCATIONS} location = /none { }`,
      location: 'proxy_set_header X-Id $request_id;',
      scripts: [{ onRequest: (_request, connection) => void connection.reset() }],
    });
    const client = await stage.client();
    const inside = new RegExp(`127\\.0\\.0\\.1|origins|${stage.origin.port}`);
    for (const [path, status, error, reason] of [
      ['/', 502, 'Bad Gateway', 'upstream_reset'],
      ['/none', 404, 'Not Found', 'no_route'],
      ['/page', 403, 'Forbidden', undefined],
    ] as const) {
      client.send(get(path, 'Accept: application/json, */*;q=0.1'));
      const response = await client.response();
      assert.equal(response.status, status);
      assert.deepEqual(response.fields.get('content-type'), ['application/json']);
      assert.deepEqual(response.fields.get('vary'), ['Accept']);
      const { request_id: id, ...page } = JSON.parse(response.body.toString());
      assert.deepEqual(page, reason === undefined ? { status, error } : { status, error, reason });
      assert.match(id, /^[0-9a-f]{32}$/);
      if (path === '/') assert.deepEqual(stage.origin.requests[0]?.fields.get('x-id'), [id]);
      client.send(get(path, 'Accept: text/html'));
      const html = await client.response();
      assert.deepEqual(html.fields.get('content-type'), ['text/html']);
      for (const { body } of [response, html]) assert.doesNotMatch(body.toString(), inside);
    }
    client.send('HEAD /none HTTP/1.1\r\nHost: a.test\r\nAccept: application/json\r\n\r\n');
    const head = await client.response('HEAD');
    assert.equal(head.status, 404);
    assert.match(head.fields.get('content-length')?.[0] ?? '', /^[1-9]/);
    client.send(get('/text'));
    assert.equal((await client.response()).status, 200);
  });

  it('is HTML where the head could not be read', async (t, tier) => {
    const stage = await setStage(t, tier, { server: LOCATIONS });
    const client = await stage.client(
      'GET / HTTP/1.1\r\nAccept: application/json\r\nHo st: a\r\n\r\n',
    );
    const response = await client.response();
    assert.equal(response.status, 400);
    assert.deepEqual(response.fields.get('content-type'), ['text/html']);
  });
});

onBothTiers('OPTIONS', (it) => {
  const options = (target: string, ...fields: string[]): string => {
    return `${[`OPTIONS ${target} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
  };

  it('of the whole server is answered here', async (t, tier) => {
    const stage = await setStage(t, tier, { server: 'return 403;' });
    const client = await stage.client(`${options('*', 'Content-Length: 3')}abc${get('/')}`);
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.match(response.fields.get('allow')?.[0] ?? '', /^GET, HEAD, .*OPTIONS$/);
    assert.deepEqual(response.fields.get('content-length'), ['0']);
    assert.equal((await client.response()).status, 403);
  });

  it('goes on with one Max-Forwards less, until none is left', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok('far') }] });
    const client = await stage.client();
    for (const [value, seen] of [
      ['7', '6'],
      ['10', '09'],
      ['none', 'none'],
      ['-1', '-1'],
    ] as const) {
      client.send(options('/x', 'A: b', `Max-Forwards:  ${value}`, 'C: d'));
      assert.equal((await client.response()).body.toString(), 'far');
      const { fields } = stage.origin.requests.at(-1) ?? { fields: new Map() };
      assert.deepEqual(fields.get('max-forwards'), [seen]);
      assert.deepEqual([fields.get('a'), fields.get('c')], [['b'], ['d']]);
    }
    client.send(options('/x', 'max-forwards: 00'));
    const response = await client.response();
    assert.deepEqual([response.status, response.body.length], [200, 0]);
    assert.ok(response.fields.has('allow'));
    client.send(get('/x', 'Max-Forwards: 0'));
    await client.response();
    assert.deepEqual(stage.origin.requests.at(-1)?.fields.get('max-forwards'), ['0']);
    assert.equal(stage.origin.requests.length, 5);
  });
});

onBothTiers('a request in circles', (it) => {
  it('ends with 508 when it has passed ten times', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok() }] });
    const client = await stage.client();
    let via = '1.0 before';
    for (let passed = 0; passed < 10; passed++) {
      client.send(get('/', `Via: ${via}`));
      assert.equal((await client.response()).status, 200);
      via = stage.origin.requests.at(-1)?.fields.get('via')?.join(', ') ?? '';
    }
    assert.match(via, /^1\.0 before(, 1\.1 weir-[0-9a-f]{8}){10}$/);
    client.send(get('/', `Via: ${via}`, 'Accept: application/json'));
    const response = await client.response();
    assert.equal(response.status, 508);
    assert.equal(JSON.parse(response.body.toString()).reason, 'loop_detected');
    assert.equal(response.fields.has('via'), false);
    assert.equal(stage.origin.requests.length, 10);
  });

  it('is not looked for with via off', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: () => ok() }],
      location: 'via off;',
    });
    const via = Array(20).fill('1.1 weir').join(', ');
    const client = await stage.client(get('/', `Via: ${via}`));
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(stage.origin.requests[0]?.fields.get('via'), [via]);
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
