// A client says how long it will wait: whose word counts, what it limits, what endpoints hear of it.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const HEADER = 'proxy_deadline_header X-Request-Timeout;';
const TRUSTED = 'proxy_deadline_trusted 127.0.0.0/8;';
const TRIES = 'add_header X-Tries "$upstream_status $reason" always;';

const get = (...fields: string[]): string =>
  `${['GET / HTTP/1.1', 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

/** Answers at once, and notes what it is told of the time that is left. */
class Origin implements OriginScript {
  readonly told: string[] = [];
  readonly #field: string;

  constructor(field = 'x-request-timeout') {
    this.#field = field;
  }

  onRequest = ({ fields }: { fields: ReadonlyMap<string, readonly string[]> }): string => {
    this.told.push(fields.get(this.#field)?.join() ?? 'nothing');
    return ok('good');
  };
}

async function ask(stage: Stage, request: string): Promise<string> {
  const client = await stage.client(request);
  const { fields, status } = await client.response();
  client.close();
  return `${status} ${fields.get('x-tries')?.[0] ?? ''}`.trim();
}

onBothTiers('the deadline of a client', (it) => {
  it('ends an exchange that has no other, and blames no endpoint', async (t, tier) => {
    const conf = (one = 0, two = 0) => `
      upstream app { server 127.0.0.1:${one}; server 127.0.0.1:${two}; }
      server { listen ${ANY_PORT}; location / { proxy_pass http://app; ${HEADER} ${TRUSTED} ${TRIES} } }`;
    const stage = await setStage(t, tier, { scripts: [{}, {}], conf });
    assert.equal(await ask(stage, get('X-Request-Timeout: 60')), '504 504 upstream_total_timeout');
    const { standing } = stage.edge.shared.endpoints;
    assert.deepEqual([standing.failCount(0), standing.failCount(1)], [0, 0]);
  });

  it('lowers proxy_total_timeout and never raises it; endpoints are told what is left', async (t, tier) => {
    const origin = new Origin();
    const location = `${HEADER} ${TRUSTED} proxy_total_timeout 60s;`;
    const stage = await setStage(t, tier, { scripts: [origin], location });
    for (const text of ['5S', '5000', '5s', '9H', 'soon', '99999999999', '']) {
      assert.equal(await ask(stage, get(`X-Request-Timeout: ${text}`)), '200');
    }
    await ask(stage, get('X-Request-Timeout: 1S', 'X-Request-Timeout: 2S')); // which of them?
    await ask(stage, get());
    const most = [5_000, 5_000, 5_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000];
    assert.equal(origin.told.length, most.length);
    for (const [at, told] of origin.told.entries()) {
      const [limit = 0] = most.slice(at);
      assert.ok(
        Number(told) <= limit && Number(told) > (limit === 5_000 ? 0 : 5_000),
        `${at}: ${told}`,
      );
    }
  });

  it('counts from the start of the request: what is over already asks nobody', async (t, tier) => {
    const origin = new Origin();
    const clock = new ManualClock(Date.now());
    const location = `${HEADER} ${TRUSTED} ${TRIES}`;
    const stage = await setStage(t, tier, { scripts: [origin], location, clock });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nX-Request-Timeout: 100\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
    );
    await client.until('100 Continue\r\n\r\n');
    clock.advanceMs(100);
    client.send('hi');
    await client.until('HTTP/1.1 504 ');
    assert.deepEqual(origin.told, []);
    assert.equal(await ask(stage, get('X-Request-Timeout: 0')), '504  upstream_total_timeout');
    assert.equal(await ask(stage, get('X-Request-Timeout: 100')), '200 200');
    assert.deepEqual(origin.told, ['100']);
  });

  it('of somebody who is not trusted: means nothing, and goes nowhere', async (t, tier) => {
    const origin = new Origin();
    const location = `${HEADER} proxy_deadline_trusted 192.0.2.0/24;`;
    const stage = await setStage(t, tier, { scripts: [origin], location });
    assert.equal(await ask(stage, get('X-Request-Timeout: 0')), '200');
    assert.deepEqual(origin.told, ['nothing']);
  });

  it('of the client that a trusted proxy has named', async (t, tier) => {
    const origin = new Origin();
    const server = 'set_real_ip_from 127.0.0.1;';
    const location = `${HEADER} proxy_deadline_trusted 192.0.2.0/24;`;
    const stage = await setStage(t, tier, { scripts: [origin], server, location });
    const field = 'X-Request-Timeout: 0';
    assert.equal(await ask(stage, get(field, 'X-Real-IP: 192.0.2.1')), '504');
    assert.equal(await ask(stage, get(field, 'X-Real-IP: 198.51.100.1')), '200');
  });

  it('without the directive: a field like any other', async (t, tier) => {
    const origin = new Origin();
    const stage = await setStage(t, tier, { scripts: [origin], location: TRUSTED });
    assert.equal(await ask(stage, get('X-Request-Timeout: 0')), '200');
    assert.deepEqual(origin.told, ['0']);
  });

  it('grpc-timeout goes on with its unit, and proxy_set_header has the last word', async (t, tier) => {
    const origin = new Origin('grpc-timeout');
    const location = `proxy_deadline_header grpc-timeout; ${TRUSTED}`;
    const stage = await setStage(t, tier, { scripts: [origin], location });
    await ask(stage, get('grpc-timeout: 20S'));
    assert.match(origin.told[0] ?? '', /^(?:20000|1\d{4})m$/);
    const set = `${location} proxy_set_header Grpc-Timeout "own";`;
    const other = await setStage(t, tier, { scripts: [origin], location: set });
    await ask(other, get('grpc-timeout: 20S'));
    assert.equal(origin.told[1], 'own');
  });
});
