// Connections to the origin: when they are used again, and above all when not.

import assert from 'node:assert/strict';
import { UPSTREAM_CONNECTS, UPSTREAM_REUSES } from '#src/shared/thread-rows.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi`;

/** Answers with its own target, so that a mixed-up response shows. */
const own: OriginScript = { onRequest: ({ line }) => ok(line) };

/** One request on a connection of its own, and its answer. */
async function ask(stage: Stage, text: string): Promise<string> {
  const client = await stage.client(text);
  const { body, status } = await client.response();
  client.close();
  return `${status} ${body}`;
}

onBothTiers('connections to the origin', (it) => {
  it('are used again, by other clients too, the last used first', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own] });
    for (let turn = 0; turn < 5; turn++) {
      assert.equal(await ask(stage, get(`/${turn}`)), `200 GET /${turn} HTTP/1.1`);
    }
    assert.equal(stage.origin.connections.length, 1);
    assert.equal(stage.edge.count(UPSTREAM_CONNECTS), 1);
    assert.equal(stage.edge.count(UPSTREAM_REUSES), 4);
  });

  it('are not kept with keepalive 0', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own], upstream: 'keepalive 0;' });
    for (let turn = 0; turn < 3; turn++) await ask(stage, get(`/${turn}`));
    assert.equal(stage.origin.connections.length, 3);
    await stage.origin.until(() => stage.origin.connections.every(({ isClosed }) => isClosed));
  });

  it('are kept in no greater number than keepalive says', async (t, tier) => {
    const held: (() => void)[] = [];
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }, connection) => {
            held.push(() => connection.send(ok(line)));
            return undefined;
          },
        },
      ],
      upstream: 'keepalive 2;',
    });
    const answers = Array.from({ length: 5 }, (_, turn) => ask(stage, get(`/${turn}`)));
    await stage.origin.request(4);
    for (const answer of held) answer();
    await Promise.all(answers);
    await stage.origin.until(
      () => stage.origin.connections.filter(({ isClosed }) => isClosed).length === 3,
    );
  });

  it('are closed after keepalive_requests', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own], upstream: 'keepalive_requests 2;' });
    for (let turn = 0; turn < 4; turn++) await ask(stage, get(`/${turn}`));
    assert.equal(stage.origin.connections.length, 2);
    assert.deepEqual(
      stage.origin.connections.map(({ requestCount }) => requestCount),
      [2, 2],
    );
  });

  it('are closed when idle for keepalive_timeout', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own], upstream: 'keepalive_timeout 50ms;' });
    await ask(stage, get('/1'));
    const connection = await stage.origin.connection(0);
    await connection.closed();
  });

  it('are not used again after Connection: close or HTTP/1.0', async (t, tier) => {
    const answers = [
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na',
      'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nc',
      ok('d'),
    ];
    let turn = 0;
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => answers[turn++] }] });
    for (const body of ['a', 'b', 'c', 'd'])
      assert.equal(await ask(stage, get('/')), `200 ${body}`);
    assert.deepEqual(
      stage.origin.connections.map(({ requestCount }) => requestCount),
      [1, 1, 2],
    );
  });

  for (const [title, extra] of [
    ['one byte', 'X'],
    ['a whole response', ok('poison')],
    ['a response to somebody else (queue poisoning)', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n'],
    ['an empty line', '\r\n'],
  ] as const) {
    it(`are closed for ${title} behind the response`, async (t, tier) => {
      let turn = 0;
      const stage = await setStage(t, tier, {
        scripts: [{ onRequest: ({ line }) => ok(line) + (turn++ === 0 ? extra : '') }],
      });
      assert.equal(await ask(stage, get('/1')), '200 GET /1 HTTP/1.1');
      assert.equal(await ask(stage, get('/2')), '200 GET /2 HTTP/1.1');
      assert.equal(stage.origin.connections.length, 2);
      await stage.origin.until(() => stage.origin.connections[0]?.isClosed === true);
    });

    it(`are closed for ${title} when idle`, async (t, tier) => {
      const stage = await setStage(t, tier, { scripts: [own] });
      assert.equal(await ask(stage, get('/1')), '200 GET /1 HTTP/1.1');
      const connection = await stage.origin.connection(0);
      connection.send(extra);
      await connection.closed();
      assert.equal(await ask(stage, get('/2')), '200 GET /2 HTTP/1.1');
      assert.equal(stage.origin.connections.length, 2);
    });
  }

  it('are closed for bytes behind HEAD, 204 and 304', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }) => {
            if (line.startsWith('HEAD')) return ok('body');
            const status = line.split('/')[1]?.slice(0, 3);
            return `HTTP/1.1 ${status} X\r\nContent-Length: 4\r\n\r\nbody`;
          },
        },
      ],
    });
    for (const request of [get('/204'), get('/304'), get('/200'), get('/204')]) {
      const client = await stage.client(request);
      assert.ok((await client.response()).isWhole);
      client.close();
    }
    const head = await stage.client('HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await head.response('HEAD')).status, 200);
    head.send(get('/200'));
    assert.equal((await head.response()).body.toString(), 'body');
    assert.deepEqual(
      stage.origin.connections.map(({ requestCount }) => requestCount),
      [1, 1, 2, 1, 1],
    );
  });

  it('that died while idle: GET is sent again, on a new one', async (t, tier) => {
    let turn = 0;
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line, connection }) => {
            if (turn++ !== 1) return ok(line);
            connection.destroy();
            return undefined;
          },
        },
      ],
    });
    assert.equal(await ask(stage, get('/1')), '200 GET /1 HTTP/1.1');
    assert.equal(await ask(stage, get('/2')), '200 GET /2 HTTP/1.1');
    assert.deepEqual(
      stage.origin.requests.map(({ line }) => line),
      ['GET /1 HTTP/1.1', 'GET /2 HTTP/1.1', 'GET /2 HTTP/1.1'],
    );
  });

  it('that died while idle: POST is not sent again', async (t, tier) => {
    let turn = 0;
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line, connection }) => {
            if (turn++ !== 1) return ok(line);
            connection.destroy();
            return undefined;
          },
        },
      ],
    });
    assert.equal(await ask(stage, get('/1')), '200 GET /1 HTTP/1.1');
    assert.match(await ask(stage, post('/2')), /^502 /);
    assert.equal(await ask(stage, get('/3')), '200 GET /3 HTTP/1.1');
    assert.equal(stage.origin.requests.filter(({ line }) => line.includes('/2')).length, 1);
  });

  it('a GET that is dropped twice is not sent a third time to the only endpoint', async (t, tier) => {
    let turn = 0;
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line, connection }) => {
            if (turn++ === 0) return ok(line);
            connection.destroy();
            return undefined;
          },
        },
      ],
    });
    await ask(stage, get('/1'));
    assert.match(await ask(stage, get('/2')), /^502 /);
    assert.equal(stage.origin.requests.length, 3);
  });

  it('a connection that fails goes over to the next endpoint: refused', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own, own] });
    await stage.origins[0]?.close();
    for (let turn = 0; turn < 4; turn++) {
      assert.equal(
        await ask(stage, turn % 2 ? post(`/${turn}`) : get(`/${turn}`)).then((a) => a.slice(0, 3)),
        '200',
      );
    }
    assert.equal(stage.origins[1]?.requests.length, 4);
  });

  it('all refused: 502, once per request', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [own, own], upstream: '' });
    for (const origin of stage.origins) await origin.close();
    const client = await stage.client(get('/1') + get('/2'));
    assert.equal((await client.response()).status, 502);
    assert.equal((await client.response()).status, 502);
  });

  it('refused with a body that came already: the next endpoint gets it whole', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [own, { onRequest: ({ body }) => ok(body) }],
    });
    await stage.origins[0]?.close();
    for (let turn = 0; turn < 2; turn++) {
      const client = await stage.client(
        'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello',
      );
      client.send('world');
      assert.equal((await client.response()).body.toString(), 'helloworld');
    }
  });

  it('round robin gives each endpoint its turn, by weight', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [own, own, own],
      conf: (a, b, c) => `upstream u { server 127.0.0.1:${a} weight=3; server 127.0.0.1:${b};
        server 127.0.0.1:${c} weight=2; }
        server { listen 127.0.0.1:1; location / { proxy_pass http://u; } }`,
    });
    const client = await stage.client();
    for (let turn = 0; turn < 60; turn++) {
      client.send(get(`/${turn}`));
      await client.response();
    }
    assert.deepEqual(
      stage.origins.map(({ requests }) => requests.length),
      [30, 10, 20],
    );
  });
});
