// `fault`: what goes wrong on purpose. Time is the test's; chance is, where one seed says all.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { REASON_COLUMNS } from '#src/shared/reason-columns.ts';
import { FAULT_DELAYS, FAULT_RATES } from '#src/shared/thread-rows.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import { newestWheel } from '#test/support/manners.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, type StageOptions, setStage } from '#test/support/stage.ts';
import { readList } from '#test/support/structured-list.ts';

const get = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** One origin that answers 200 with what it was sent. */
async function setUp(
  t: TestContext,
  tier: TransportTier,
  options: StageOptions,
): Promise<{ stage: Stage; passMs: (ms: number) => void; turn: () => Promise<void> }> {
  const clock = new ManualClock(Date.now());
  const scripts = [{ onRequest: ({ body }: { readonly body: Buffer }) => ok(body) }];
  const stage = await setStage(t, tier, { scripts, clock, ...options });
  const passMs = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advanceMs(50);
      newestWheel()?.advance();
    }
  };
  /** A request that the edge answers by itself: what was sent before it has been read. */
  const turn = async (): Promise<void> => {
    const client = await stage.client('OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await client.response('OPTIONS');
  };
  return { stage, passMs, turn };
}

const aborted = ({ edge }: Stage): number => edge.count(REASON_COLUMNS.fault_abort);

onBothTiers('fault abort', (it) => {
  it('answers 10 % of /x with 503, and asks nobody about them', async (t, tier) => {
    const seed = (Math.random() * 2 ** 32) >>> 0;
    t.diagnostic(`seed ${seed}`);
    const { stage } = await setUp(t, tier, {
      chance: new RandomBits(seed),
      conf: (port) => `keepalive_requests 100000; server { listen ${ANY_PORT};
        location / { proxy_pass http://127.0.0.1:${port}; }
        location /x { fault abort=503 percent=10; proxy_pass http://127.0.0.1:${port}; } }`,
    });
    const client = await stage.client();
    const rounds = 2_000;
    let failed = 0;
    for (let round = 0; round < rounds; round++) {
      client.send(get('/x') + get('/y'));
      const [x, y] = [await client.response(), await client.response()];
      assert.equal(y.status, 200);
      if (x.status === 503) failed += 1;
      else assert.equal(x.status, 200);
    }
    const sigma = Math.sqrt(rounds * 0.1 * 0.9);
    assert.ok(Math.abs(failed - rounds * 0.1) < 5 * sigma, `${failed} of ${rounds}, seed ${seed}`);
    assert.equal(stage.origin.requests.length, 2 * rounds - failed);
    assert.equal(aborted(stage), failed);
  });

  it('decides the same for the same seed', async (t, tier) => {
    const drawn: string[] = [];
    for (let run = 0; run < 2; run++) {
      const location = 'fault abort=500 percent=40;';
      const { stage } = await setUp(t, tier, { location, chance: new RandomBits(7) });
      const client = await stage.client(get('/').repeat(40));
      let statuses = '';
      for (let at = 0; at < 40; at++)
        statuses += (await client.response()).status === 500 ? 'x' : '.';
      drawn.push(statuses);
    }
    assert.equal(drawn[0], drawn[1]);
    assert.match(drawn[0] ?? '', /x.*\..*x|\..*x.*\./);
  });

  it('reads the body that it has no use for, and the connection goes on', async (t, tier) => {
    const location = 'fault abort=429 if=$http_x_fail;';
    const { stage } = await setUp(t, tier, { location });
    const fails = post('/', 'body').replace('\r\n\r\n', '\r\nX-Fail: 1\r\n\r\n');
    const client = await stage.client(fails + post('/', 'good'));
    const first = await client.response('POST');
    assert.equal(first.status, 429);
    assert.match(first.body.toString(), /fault_abort/);
    const second = await client.response('POST');
    assert.equal(`${second.status} ${second.body}`, '200 good');
    client.send(fails.replace('X-Fail: 1', 'X-Fail: 0'));
    assert.equal((await client.response('POST')).status, 200);
    assert.equal(stage.origin.requests.length, 2);
  });

  it('closes the connection without an answer with 444', async (t, tier) => {
    const { stage } = await setUp(t, tier, { location: 'fault abort=444;' });
    const client = await stage.client(get('/'));
    await client.closed();
    assert.equal(client.received.length, 0);
    assert.equal(aborted(stage), 1);
  });

  it('leads to an error page, which meets no fault', async (t, tier) => {
    const { stage } = await setUp(t, tier, {
      conf: (port) => `fault abort=503; server { listen ${ANY_PORT}; error_page 503 = @spare;
        location / { proxy_pass http://127.0.0.1:${port}; }
        location @spare { proxy_method POST; proxy_set_body spare; proxy_pass http://127.0.0.1:${port}; }
        location /off { fault off; proxy_pass http://127.0.0.1:${port}; }
        location /return { return 200 returned; } }`,
    });
    const client = await stage.client(get('/') + get('/off') + get('/return'));
    const answers = [await client.response(), await client.response(), await client.response()];
    assert.deepEqual(
      answers.map(({ body, status }) => `${status} ${body}`),
      ['200 spare', '200 ', '200 returned'],
    );
    assert.equal(aborted(stage), 1);
  });
});

onBothTiers('fault delay', (it) => {
  it('holds a request back, with its body, and nothing is in flight', async (t, tier) => {
    const { passMs, stage, turn } = await setUp(t, tier, { location: 'fault delay=200ms;' });
    const body = 'abcdefgh'.repeat(1_000);
    const client = await stage.client(post('/', body).slice(0, -4_000));
    await turn();
    passMs(150);
    await turn();
    assert.equal(stage.origin.connections.length, 0);
    assert.equal(stage.edge.shared.endpoints.active(0), 0);
    passMs(100);
    client.send(body.slice(-4_000));
    assert.equal((await client.response('POST')).body.toString(), body);
    assert.equal(stage.edge.count(FAULT_DELAYS), 1);
  });

  it('holds back a whole request of one packet, streamed or held, empty or not', async (t, tier) => {
    for (const server of ['', 'proxy_request_buffering off;']) {
      const options = { location: 'fault delay=200ms;', server };
      const { passMs, stage, turn } = await setUp(t, tier, options);
      const chunked = 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n';
      for (const [bytes, expected] of [
        [get('/'), ''],
        [post('/', 'whole'), 'whole'],
        [`${chunked}5\r\nwhole\r\n0\r\n\r\n`, 'whole'],
        [`${chunked}0\r\n\r\n`, ''],
      ] as const) {
        const client = await stage.client(bytes);
        await turn();
        passMs(250);
        const { body, status } = await client.response('POST');
        assert.equal(`${status} ${body}`, `200 ${expected}`, `${server} ${bytes}`);
      }
    }
  });

  it('ends when the client goes', async (t, tier) => {
    for (const [leave, sent] of [
      ['close', 4],
      ['reset', 4],
      ['close', 2],
      ['reset', 2],
    ] as const) {
      const { passMs, stage } = await setUp(t, tier, { location: 'fault delay=1h abort=503;' });
      const wheel = newestWheel();
      const client = await stage.client(post('/', 'body').slice(0, sent - 4 || undefined));
      while (stage.edge.count(FAULT_DELAYS) === 0) await new Promise(setImmediate);
      client[leave]();
      while (stage.edge.server.connectionCount > 0) await new Promise(setImmediate);
      assert.equal(stage.edge.count(REASON_COLUMNS.client_abort), 1);
      passMs(50);
      assert.equal(wheel?.linkedCount, 0, 'no timer is left');
      assert.equal(aborted(stage), 0);
      assert.equal(stage.origin.connections.length, 0);
    }
  });

  it('comes before an abort, and the longest of several holds', async (t, tier) => {
    const location = 'fault delay=100ms; fault delay=300ms abort=502; fault abort=500;';
    const { passMs, stage, turn } = await setUp(t, tier, { location });
    const client = await stage.client(get('/'));
    await turn();
    passMs(250);
    await turn();
    assert.equal(client.received.length, 0);
    passMs(100);
    assert.equal((await client.response()).status, 502);
    assert.equal(stage.origin.connections.length, 0);
  });
});

onBothTiers('fault rate', (it) => {
  it('lets an answer go no faster than the lowest rate, whatever else is said', async (t, tier) => {
    const body = Buffer.alloc(20_000, 'x');
    const fields = 'X-Accel-Limit-Rate: 50000\r\n';
    const { passMs, stage } = await setUp(t, tier, {
      scripts: [{ onRequest: () => ok(body, fields) }],
      location: 'limit_rate 40000; limit_rate_after 1m; fault rate=20000; fault rate=5000;',
    });
    const client = await stage.client(get('/'));
    await client.until('\r\n\r\n');
    const headBytes = client.rest.indexOf('\r\n\r\n') + 4;
    await client.untilBytes(headBytes + 5_000);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.equal(client.received.length - headBytes, 5_000);
    passMs(3_100);
    assert.ok((await client.response()).body.equals(body));
    assert.equal(stage.edge.count(FAULT_RATES), 1);
  });
});

onBothTiers('explain on', (it) => {
  it('tells of faults', async (t, tier) => {
    const { stage } = await setUp(t, tier, {
      server: 'explain on; explain_trusted 127.0.0.0/8;',
      location: 'fault abort=503 percent=0.0001; fault abort=502 if=$http_x_fail; fault abort=501;',
      chance: new RandomBits(1),
    });
    const client = await stage.client(get('/', 'X-Weir-Explain: 1\r\n'));
    const { fields, status } = await client.response();
    assert.equal(status, 501);
    const told = readList(fields.get('weir-explain-faults')?.[0]);
    assert.deepEqual(
      told.map(({ item, parameters }) => [
        item,
        parameters['injected'] === true,
        parameters['because'],
      ]),
      [
        ['fault abort=503 percent=0.0001', false, 'not now: by chance, 0.0001 % of requests'],
        ['fault abort=502 if=$http_x_fail', false, 'not this request: its condition is empty or 0'],
        ['fault abort=501', true, 'on purpose, to every request'],
      ],
    );
    assert.equal(fields.get('weir-explain-reason')?.[0], 'fault_abort');
  });
});
