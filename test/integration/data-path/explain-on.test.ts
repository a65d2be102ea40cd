// `explain on`: what an answer tells of itself when things go wrong, wait, or happen side by side.

import assert from 'node:assert/strict';
import { ANY_PORT } from '#test/support/edge.ts';
import type { SeenResponse } from '#test/support/raw-client.ts';
import { type OriginConnection, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';
import { readList } from '#test/support/structured-list.ts';

const ON = 'explain on; explain_trusted 127.0.0.0/8;';

function get(path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\nX-Weir-Explain: 1\r\n${fields}\r\n`;
}

function part({ fields }: SeenResponse, name: string): ReturnType<typeof readList> {
  return readList(fields.get(`weir-explain-${name}`)?.[0]);
}

/** `item key=value …` of each member, with those keys. */
function told(response: SeenResponse, name: string, ...keys: string[]): string[] {
  return part(response, name).map(({ item, parameters }) => {
    const shown = keys.flatMap((key) => (key in parameters ? [`${key}=${parameters[key]}`] : []));
    return [item, ...shown].join(' ');
  });
}

function isSilent({ fields }: SeenResponse): boolean {
  return ![...fields.keys()].some((name) => /weir-explain|proxy-status/.test(name));
}

onBothTiers('explain on', (it) => {
  it('tells each try, and why the endpoints before were left', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        { onRequest: () => 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n' },
        { onRequest: (_, connection) => connection.reset() as undefined },
        { onRequest: () => ok('third') },
      ],
      server: ON,
      location: 'proxy_next_upstream error http_503;',
    });
    const [a, b, c] = stage.origins.map(({ port }) => `127.0.0.1:${port}`);
    const client = await stage.client(get('/'));
    const answer = await client.response();
    assert.equal(answer.body.toString(), 'third');
    assert.deepEqual(told(answer, 'tries', 'status', 'failure'), [
      `${a} status=503`,
      `${b} status=502 failure=upstream_reset`,
      `${c} status=200`,
    ]);
    const last = part(answer, 'candidates').filter(({ parameters }) => parameters['pick'] === 3);
    assert.deepEqual(
      last.map(({ item, parameters }) => `${item} ${parameters['because']}`),
      [`${c} picked`, `${a} max_fails`, `${b} max_fails`],
    );
    const [status] = readList(answer.fields.get('proxy-status')?.[0]);
    assert.deepEqual(status, {
      item: 'weir',
      parameters: { 'next-hop': c, 'received-status': 200 },
    });
  });

  it('tells why it answers itself', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: (_, connection) => connection.reset() as undefined }],
      server: ON,
    });
    const client = await stage.client(get('/'));
    const answer = await client.response();
    assert.equal(answer.status, 502);
    assert.deepEqual(told(answer, 'reason'), ['upstream_reset']);
    const [status] = readList(answer.fields.get('proxy-status')?.[0]);
    const hop = `127.0.0.1:${stage.origin.port}`;
    const details = { error: 'connection_terminated', details: 'upstream_reset' };
    assert.deepEqual(status?.parameters, { 'next-hop': hop, ...details });
  });

  it('keeps apart what happens side by side', async (t, tier) => {
    const held: [string, OriginConnection][] = [];
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }, connection) => {
            const [, path = ''] = line.split(' ');
            if (path.startsWith('/page')) return ok(path);
            held.push([path, connection]);
            return undefined;
          },
        },
      ],
      server: `${ON} proxy_intercept_errors on; error_page 404 /page$uri;
        rewrite ^/go/(.*)$ /slow/$1 last;`,
    });
    const clients = [];
    for (let at = 0; at < 8; at++) clients.push(await stage.client(get(`/go/${at}`)));
    await stage.origin.until(() => held.length === 8);
    for (const [, connection] of held.reverse()) {
      connection.send('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    }
    for (const [at, client] of clients.entries()) {
      const answer = await client.response();
      assert.equal(answer.body.toString(), `/page/slow/${at}`);
      assert.deepEqual(told(answer, 'rewrites', 'result'), [
        `rewrite ^/go/(.*)$ /slow/$1 last result=the URI is now /slow/${at}`,
        `error_page 404 /page$uri result=/page/slow/${at}`,
        'rewrite ^/go/(.*)$ /slow/$1 last', // the path that the page has is looked at again
      ]);
      assert.equal(part(answer, 'location').length, 2);
      assert.deepEqual(
        part(answer, 'tries').map(({ parameters }) => parameters['status']),
        [404, 200],
      );
    }
  });

  it('tells whom it waited for in a queue', async (t, tier) => {
    const held: OriginConnection[] = [];
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: (_, connection) => void held.push(connection) as undefined }],
      conf: (port) => `upstream app { server 127.0.0.1:${port} max_conns=1; queue 5 timeout=9s; }
        server { listen ${ANY_PORT}; ${ON} location / { proxy_pass http://app; } }`,
    });
    const first = await stage.client(get('/first'));
    await stage.origin.until(() => held.length === 1);
    const second = await stage.client(get('/second'));
    first.send(''); // nothing more of it
    const other = await stage.client('GET /quiet HTTP/1.1\r\nHost: a.test\r\n\r\n');
    held[0]?.send(ok('1'));
    await first.response();
    await stage.origin.until(() => held.length === 2);
    held[1]?.send(ok('2'));
    await stage.origin.until(() => held.length === 3);
    held[2]?.send(ok('3'));
    const [answer, quiet] = [await second.response(), await other.response()];
    assert.deepEqual(told(answer, 'candidates', 'because'), [
      `127.0.0.1:${stage.origin.port} because=full: 1 in flight of 1`,
    ]);
    assert.deepEqual(told(answer, 'tries', 'status'), [
      `127.0.0.1:${stage.origin.port} status=200`,
    ]);
    assert.ok(isSilent(quiet));
  });

  it('tells of a location what that location allows, and of errors before any nothing', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: () => ok('ok') }],
      server: `location /told { ${ON} proxy_pass http://origins; }
        location /mine { explain on; explain_trusted 192.0.2.1; proxy_pass http://origins; }`,
    });
    const client = await stage.client();
    const silent = async (path: string): Promise<boolean> => {
      client.send(get(path));
      return isSilent(await client.response());
    };
    assert.deepEqual(
      [await silent('/told'), await silent('/'), await silent('/mine'), await silent('/told')],
      [false, true, true, false],
    );
    for (const { fields } of stage.origin.requests) assert.ok(!fields.has('x-weir-explain'));
    const bad = await stage.client(get('/%00'));
    assert.ok(isSilent(await bad.response()));
  });

  it('adds nothing to a head that is full, and cuts off long lists', async (t, tier) => {
    const many = Array.from({ length: 95 }, (_, at) => `X-${at}: 1\r\n`).join('');
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: ({ line }) => ok('ok', line.includes('many') ? many : '') }],
      conf: (port) => `upstream app { hash $uri consistent;
          ${Array.from({ length: 250 }, (_, at) => `server 127.0.0.${at + 2}:${port} down;`).join(' ')}
          server 127.0.0.1:${port}; }
        server { listen ${ANY_PORT}; ${ON} location / { proxy_pass http://app; } }`,
    });
    const client = await stage.client(get('/many'));
    const full = await client.response();
    assert.ok(isSilent(full));
    assert.equal(full.fields.get('x-94')?.[0], '1');
    const from = client.received.length;
    client.send(get(`/${'x'.repeat(5_000)}"\\`.replace('"\\', '%22')));
    const long = await client.response();
    const [first, ...others] = part(long, 'candidates');
    assert.equal(first?.item, `127.0.0.1:${stage.origin.port}`);
    assert.equal(others.at(-1)?.item, 'more');
    assert.equal(Number(others.at(-1)?.parameters['count']) + others.length, 251);
    assert.ok(client.received.length - from < 12_000, `${client.received.length - from}`);
  });

  it('leaves nothing of a client that has gone to the next', async (t, tier) => {
    const held: OriginConnection[] = [];
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }, connection) => {
            if (!line.includes('held')) return ok('ok');
            held.push(connection);
            return undefined;
          },
        },
      ],
      server: ON,
    });
    const gone = await stage.client(get('/held'));
    await stage.origin.until(() => held.length === 1);
    gone.reset();
    await held[0]?.closed();
    const client = await stage.client('GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.ok(isSilent(await client.response()));
    client.send(get('/b'));
    const answer = await client.response();
    assert.deepEqual(told(answer, 'location', 'because'), [
      'location / because=the longest prefix of "/b"',
    ]);
    assert.equal(part(answer, 'tries').length, 1);
  });

  it('tells both of a request that was hedged', async (t, tier) => {
    let count = 0;
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }) => (line.includes('slow') && count++ === 0 ? undefined : ok('ok')),
        },
        {
          onRequest: ({ line }) => (line.includes('slow') && count++ === 0 ? undefined : ok('ok')),
        },
      ],
      server: ON,
      location: 'proxy_hedge 90%;',
      upstream: 'retry_budget off;',
    });
    const client = await stage.client();
    for (let warm = 0; warm < 150; warm++) {
      client.send(get('/fast')); // the delay is learned by the parts that are asked about, too
      await client.response();
    }
    client.send(get('/slow'));
    const answer = await client.response();
    assert.equal(answer.status, 200);
    assert.equal(part(answer, 'tries').length, 2);
    assert.equal(part(answer, 'upstream').length, 2);
  });
});
