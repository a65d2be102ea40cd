// What follows a try that failed, on the wire: who is asked again, how often, and what it may cost.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi';

/** Takes the request and closes without an answer. */
const dies: OriginScript = {
  onRequest: (_, connection) => {
    connection.destroy();
    return undefined;
  },
};
const BUSY = ok('busy').replace('200 OK', '503 Busy');
const busy: OriginScript = { onRequest: () => BUSY };
const good: OriginScript = { onRequest: () => ok('good') };

/** What the log would say, in a field. */
const TRIES = 'add_header X-Tries "$upstream_status $reason" always;';

/** Endpoints that are never put aside. */
function twice(upstream: string, location = ''): (...ports: number[]) => string {
  return (...ports) => `
    upstream app { ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')} ${upstream} }
    server { listen ${ANY_PORT}; location / { proxy_pass http://app; ${location} ${TRIES} } }`;
}

/** The answers, as `status body`, of so many requests one after the other. */
async function ask(stage: Stage, count: number, text = GET): Promise<string[]> {
  const client = await stage.client();
  const answers: string[] = [];
  for (let request = 0; request < count; request++) {
    client.send(text);
    const { body, fields, status } = await client.response();
    answers.push(`${status} ${fields.get('x-tries')?.[0]} ${status === 200 ? body : ''}`.trim());
  }
  client.close();
  return answers;
}

function requestsOf(stage: Stage): number {
  return stage.origins.reduce((sum, { requests }) => sum + requests.length, 0);
}

onBothTiers('after a try that failed', (it) => {
  it('a request without a body goes to another endpoint, which answers', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [dies, good], conf: twice('') });
    const answers = await ask(stage, 2);
    assert.deepEqual(answers, ['200 502, 200  good', '200 200  good']);
  });

  it('of two endpoints of which one fails every second request begins there, of three every third', async (t, tier) => {
    for (const scripts of [
      [dies, good],
      [dies, good, good],
    ]) {
      const stage = await setStage(t, tier, { scripts, conf: twice('') });
      await ask(stage, 3 * scripts.length);
      const [failing = 0] = stage.origins.map(({ requests }) => requests.length);
      assert.equal(failing, 3);
      assert.equal(requestsOf(stage), 3 * scripts.length + failing);
    }
  });

  it('a POST that an endpoint has read goes nowhere else', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [dies, dies], conf: twice('') });
    assert.deepEqual(await ask(stage, 1, POST), ['502 502 upstream_reset']);
    assert.equal(requestsOf(stage), 1);
  });

  it('idempotency_key: a POST with one key goes to another endpoint, no other does', async (t, tier) => {
    const arrivals = async (fields: string, location: string): Promise<number> => {
      const stage = await setStage(t, tier, { scripts: [dies, dies], conf: twice('', location) });
      await ask(stage, 1, POST.replace('\r\n', `\r\n${fields}`));
      return requestsOf(stage);
    };
    const key = 'Idempotency-Key: "8e03978e"\r\n';
    const listed = 'proxy_next_upstream error idempotency_key;';
    assert.equal(await arrivals(key, ''), 1);
    assert.equal(await arrivals('', listed), 1);
    assert.equal(await arrivals(key, listed), 2);
    for (const none of ['Idempotency-Key:\r\n', 'Idempotency-Key: ""\r\n', `${key}${key}`]) {
      assert.equal(await arrivals(none, listed), 1, none);
    }
    const hidden = 'proxy_set_header Idempotency-Key "";';
    assert.equal(await arrivals(key, `${listed} ${hidden}`), 1);
  });

  it('retry_budget: without one left the failure is the answer', async (t, tier) => {
    const conf = twice('retry_budget 0% min=0r/s;');
    const stage = await setStage(t, tier, { scripts: [dies, dies], conf });
    const answers = await ask(stage, 12);
    assert.deepEqual(answers, [
      ...Array(10).fill('502 502, 502 upstream_reset'),
      ...Array(2).fill('502 502 retry_budget'),
    ]);
    assert.equal(requestsOf(stage), 22);
    const { retries } = stage.edge.shared.endpoints;
    assert.deepEqual([retries.taken(0), retries.refused(0)], [10, 2]);
  });

  it('retry_budget: without one left an answer that is listed goes to the client', async (t, tier) => {
    const conf = twice('retry_budget 0% min=0r/s;', 'proxy_next_upstream http_503;');
    const stage = await setStage(t, tier, { scripts: [busy, busy], conf });
    const answers = await ask(stage, 12);
    assert.deepEqual(answers, [...Array(10).fill('503 503, 503'), ...Array(2).fill('503 503')]);
  });

  it('retry_budget: answers that are bad earn nothing', async (t, tier) => {
    const conf = twice('retry_budget 100% min=0r/s;', 'proxy_next_upstream http_503;');
    const stage = await setStage(t, tier, { scripts: [busy, busy], conf });
    await ask(stage, 100);
    assert.equal(requestsOf(stage), 110);
  });

  it('retry_budget: a try that found no connection was work for nobody, and costs nothing', async (t, tier) => {
    const conf = (port = 0) => `
      upstream app { server 127.0.0.1:9 max_fails=0; server 127.0.0.1:${port}; retry_budget 0% min=0r/s; }
      server { listen ${ANY_PORT}; location / { proxy_pass http://app; ${TRIES} } }`;
    const stage = await setStage(t, tier, { scripts: [good], conf });
    const answers = await ask(stage, 40);
    assert.equal(answers.filter((answer) => answer.endsWith('good')).length, 40);
    assert.ok(answers.filter((answer) => answer.startsWith('200 502, 200')).length > 10);
    assert.equal(stage.edge.shared.endpoints.retries.taken(0), 0);
  });

  it('retry_budget: good ones earn their share', async (t, tier) => {
    const conf = twice('retry_budget 20% min=0r/s;', 'proxy_next_upstream http_503;');
    let turn = 0;
    const script = { onRequest: () => (turn++ < 100 ? ok('good') : BUSY) };
    const stage = await setStage(t, tier, { scripts: [script, script], conf });
    await ask(stage, 100);
    const before = requestsOf(stage);
    await ask(stage, 100);
    assert.equal(requestsOf(stage) - before, 110, 'the reserve, and nothing on top of it');
  });

  it('retry_budget off: all are tried again, as in nginx', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [dies, dies],
      conf: twice('retry_budget off;'),
    });
    await ask(stage, 50);
    assert.equal(requestsOf(stage), 100);
  });

  it('proxy_try_timeout: who sends no head in time has failed, and another one is asked', async (t, tier) => {
    const scripts = [{}, good];
    const stage = await setStage(t, tier, { scripts, conf: twice('', 'proxy_try_timeout 50ms;') });
    assert.deepEqual(await ask(stage, 1), ['200 504, 200  good']);
    const connection = await stage.origins[0]?.connection(0);
    await connection?.closed();
  });

  it('proxy_try_timeout: of the last one there is', async (t, tier) => {
    const stage = await setStage(t, tier, { location: `proxy_try_timeout 50ms; ${TRIES}` });
    assert.deepEqual(await ask(stage, 1), ['504 504 upstream_try_timeout']);
  });

  it('proxy_try_timeout: a body may take longer than its head', async (t, tier) => {
    const script: OriginScript = {
      onRequest: (_, connection) => {
        setTimeout(() => connection.send('good'), 150);
        return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
      },
    };
    const location = `proxy_try_timeout 20ms; proxy_total_timeout 5s; ${TRIES}`;
    const stage = await setStage(t, tier, { scripts: [script], location });
    assert.deepEqual(await ask(stage, 1), ['200 200  good']);
  });

  it('proxy_total_timeout: three hangs of a second end after two and a half', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const ends: number[] = [];
    const hangs: OriginScript = {
      onRequest: () => {
        clock.advanceMs(ends.push(clock.nowMs) < 3 ? 1_000 : 500);
        return undefined;
      },
    };
    const stage = await setStage(t, tier, {
      scripts: [hangs, hangs, hangs, hangs],
      conf: twice('', 'proxy_try_timeout 1s; proxy_total_timeout 2500ms;'),
      clock,
    });
    assert.deepEqual(await ask(stage, 1), ['504 504, 504, 504 upstream_total_timeout']);
    assert.deepEqual(ends, [0, 1_000, 2_000]);
    assert.equal(clock.nowMs, 2_500);
  });

  it('proxy_total_timeout: ends a try that has no time of its own', async (t, tier) => {
    const stage = await setStage(t, tier, { location: `proxy_total_timeout 60ms; ${TRIES}` });
    assert.deepEqual(await ask(stage, 1), ['504 504 upstream_total_timeout']);
  });

  it('proxy_total_timeout: cuts an answer that does not end', async (t, tier) => {
    const script = { onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' };
    const stage = await setStage(t, tier, {
      scripts: [script],
      location: 'proxy_total_timeout 60ms;',
    });
    const client = await stage.client(GET);
    assert.equal((await client.response()).isWhole, false);
  });

  it('proxy_total_timeout: leaves a tunnel alone', async (t, tier) => {
    const switching = 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    const script: OriginScript = {
      onRequest: (_, connection) => {
        setTimeout(() => connection.send('late'), 200);
        return switching;
      },
    };
    const stage = await setStage(t, tier, {
      scripts: [script],
      location: 'proxy_total_timeout 50ms; proxy_try_timeout 50ms;',
    });
    const client = await stage.client(
      'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await client.until('late');
  });

  it('$upstream_remaining_ms: what is left goes to the endpoint', async (t, tier) => {
    const location = 'proxy_set_header X-Remaining $upstream_remaining_ms;';
    const seen: string[] = [];
    const script: OriginScript = {
      onRequest: ({ fields }) => {
        seen.push(fields.get('x-remaining')?.[0] ?? 'none');
        return seen.length === 1 ? BUSY : ok('good');
      },
    };
    const conf = twice('', `${location} proxy_total_timeout 60s; proxy_next_upstream http_503;`);
    const stage = await setStage(t, tier, { scripts: [script, script], conf });
    await ask(stage, 1);
    const [first = 0, second = 0] = seen.map(Number);
    assert.ok(first > 0 && first <= 60_000, `${seen}`);
    assert.ok(second > 0 && second <= first, `${seen}`);
    const without = await setStage(t, tier, { scripts: [script], location });
    await ask(without, 1);
    assert.equal(seen.at(-1), 'none');
  });

  it('proxy_next_upstream_backoff: the third is asked behind two pauses', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [busy, busy, good],
      conf: twice('', 'proxy_next_upstream http_503; proxy_next_upstream_backoff 20ms max=60ms;'),
    });
    assert.deepEqual(await ask(stage, 1), ['200 503, 503, 200  good']);
  });

  it('proxy_next_upstream_backoff: a client that leaves in a pause costs no further try', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [busy, busy],
      conf: twice('', 'proxy_next_upstream http_503; proxy_next_upstream_backoff 10m;'),
    });
    const client = await stage.client(GET);
    await stage.origins[0]?.request(0);
    client.close();
    assert.equal(requestsOf(stage), 1); // and closing the stage finds nothing left
  });

  it('proxy_next_upstream_backoff: a Retry-After beyond max is for the client', async (t, tier) => {
    const later = { onRequest: () => BUSY.replace('\r\n', '\r\nRetry-After: 2\r\n') };
    const stage = await setStage(t, tier, {
      scripts: [later, later],
      conf: twice('', 'proxy_next_upstream http_503; proxy_next_upstream_backoff 20ms max=1s;'),
    });
    assert.deepEqual(await ask(stage, 1), ['503 503']);
  });
});
