// What follows a try that failed, on the wire: who is asked again, how often, and what it may cost.

import assert from 'node:assert/strict';
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

/** Two endpoints that are never put aside, and what the log would say in a field. */
function twice(upstream: string, location = ''): (...ports: number[]) => string {
  return (...ports) => `
    upstream app { ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')} ${upstream} }
    server { listen ${ANY_PORT}; location / { proxy_pass http://app; ${location}
      add_header X-Tries "$upstream_status $reason" always; } }`;
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
    assert.deepEqual(answers, ['200 502, 200  good', '200 502, 200  good']);
  });

  it('a POST that an endpoint has read goes nowhere else', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [dies, dies], conf: twice('') });
    assert.deepEqual(await ask(stage, 1, POST), ['502 502 upstream_reset']);
    assert.equal(requestsOf(stage), 1);
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
});
