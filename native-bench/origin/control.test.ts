import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startControl } from './control.ts';
import { startOrigin } from './origin.ts';
import { startOriginThreads } from './origin-threads.ts';

const json = async (url: string, init?: RequestInit): Promise<Record<string, unknown>> =>
  (await (await fetch(url, init)).json()) as Record<string, unknown>;

describe('origin control port', () => {
  it('reports, changes behaviour, resets', async (t) => {
    const origin = await startOrigin({ keepRawBytes: 100 });
    const control = await startControl(origin, 0);
    t.after(() => Promise.all([origin.close(), control.close()]));
    const at = `http://127.0.0.1:${control.port}`;

    await (await fetch(`${origin.url}/x`)).arrayBuffer();
    assert.equal((await json(`${at}/saw`))['requests'], 1);
    const requests = (await json(`${at}/requests`)) as unknown as { target: string }[];
    assert.equal(requests[0]?.target, '/x');
    assert.match(String((await json(`${at}/raw`))['0']), /^GET \/x HTTP\/1.1\r\n/);

    await json(`${at}/set`, { method: 'POST', body: '{"fault":"status=503","slots":2}' });
    assert.equal((await fetch(origin.url)).status, 503);
    await json(`${at}/set`, { method: 'POST', body: '{"fault":null,"slots":null}' });
    assert.equal((await fetch(origin.url)).status, 200);
    await json(`${at}/reset`, { method: 'POST' });
    assert.equal((await json(`${at}/saw`))['requests'], 0);
  });

  it('says what is wrong with a change', async (t) => {
    const origin = await startOrigin();
    const control = await startControl(origin, 0);
    t.after(() => Promise.all([origin.close(), control.close()]));
    for (const [body, error] of [
      ['{"slot":1}', 'unknown behaviour "slot"'],
      ['{"speed":"x"}', 'speed: "x" is no number'],
      ['{"work":"idle"}', 'work: "idle" is not one of hold, burn'],
    ]) {
      const init = { method: 'POST', body: body ?? '' };
      assert.deepEqual(await json(`http://127.0.0.1:${control.port}/set`, init), { error });
    }
  });
});

describe('origin threads', () => {
  it('share a port and report as one', async (t) => {
    const origin = await startOriginThreads(2, {});
    t.after(() => origin.close());
    for (let i = 0; i < 4; i += 1) {
      const headers = { connection: 'close' };
      await (await fetch(`http://127.0.0.1:${origin.port}/`, { headers })).arrayBuffer();
    }
    assert.equal((await origin.saw()).requests, 4);
    await origin.change({ fault: 'status=500' });
    assert.equal((await fetch(`http://127.0.0.1:${origin.port}/`)).status, 500);
    await assert.rejects(startOriginThreads(2, { slots: 1 }), /slots are counted in one thread/);
  });
});
