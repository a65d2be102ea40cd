// The judges of a generation that serves: what threads count, its main thread decides.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { get, outputHas, reload } from '#test/support/processes.ts';
import { type OriginScript, ok, RawOrigin } from '#test/support/raw-origin.ts';
import { startWeir } from '#test/support/weir.ts';

const good: OriginScript = { onRequest: () => ok('good') };
const bad: OriginScript = { onRequest: () => ok('bad').replace('200 OK', '500 Bad') };

describe('an endpoint that answers 500', () => {
  it('is taken out by two threads together, with a line, and stays out over a reload', async (t) => {
    const origins = [good, good, bad].map((script) => RawOrigin.start(script));
    const [one, two, three] = await Promise.all(origins);
    assert.ok(one && two && three);
    t.after(() => Promise.all([one, two, three].map((origin) => origin.close())));
    const conf = (port: number) => `
      worker_processes 2;
      error_log stderr notice;
      events {}
      http {
        access_log off;
        upstream app {
          server 127.0.0.1:${one.port};
          server 127.0.0.1:${two.port};
          server 127.0.0.1:${three.port};
          outlier_ejection base_ejection_time=1h max_ejection_time=1h;
        }
        server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
      }`;
    const weir = await startWeir({ conf });
    t.after(() => weir.stop());
    await weir.waitForLine(/weir serves with/);
    const line = `127.0.0.1:${three.port} is out (outlier): `;
    let isOver = false;
    const isOut = outputHas(weir, line).then(() => {
      isOver = true;
    });
    while (!isOver) await get(weir);
    await isOut;
    const before = three.requests.length;
    for (let n = 0; n < 30; n++) assert.equal(await get(weir), 'good');
    await reload(weir);
    for (let n = 0; n < 30; n++) assert.equal(await get(weir), 'good');
    assert.equal(three.requests.length, before);
    assert.match(weir.output, /errors in a row; out for 3600 s/);
  });
});
