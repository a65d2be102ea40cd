// `concurrency adaptive`: the generation's main thread gives the limit, the threads keep it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { get, HoldingOrigin, reload, statusOf } from '#test/support/processes.ts';
import { startWeir } from '#test/support/weir.ts';

/** What the status tells of the upstream. */
interface Load {
  readonly shed: Readonly<Record<string, number>>;
  readonly queue: { readonly length: number };
  readonly endpoints: readonly { readonly active: number; readonly learnedLimit?: number }[];
}

describe('a learned limit', () => {
  it('holds over all threads, and what is above it is turned away, or waits', async (t) => {
    const origin = await HoldingOrigin.start();
    t.after(() => origin.close());
    const conf = (queue: string) => (port: number) =>
      `
      worker_processes 2;
      error_log stderr notice;
      events {}
      http {
        access_log off;
        upstream origin {
          server 127.0.0.1:${origin.port};
          concurrency adaptive min=1 max=2;
          ${queue}
        }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; }
          location = /status { status_json; }
        }
      }`;
    const weir = await startWeir({ conf: conf('') });
    t.after(() => weir.stop());
    await weir.waitForLine(/weir serves with/);
    const held = [get(weir), get(weir)];
    await origin.holds(2);
    assert.match(await get(weir), /upstream_full/);
    const until = async (isSo: (upstream: Load) => boolean): Promise<void> => {
      for (;;) {
        const [upstream] = ((await statusOf(weir)) as unknown as { upstreams: Load[] }).upstreams;
        assert.ok(upstream !== undefined);
        if (isSo(upstream)) return;
      }
    };
    await until(({ endpoints, shed }) => {
      assert.deepEqual([endpoints[0]?.learnedLimit, shed['upstream_full']], [2, 1]);
      return true;
    });

    weir.writeConf(conf('queue 1;'));
    await reload(weir);
    // The old generation reports that it has both places.
    await until(({ endpoints }) => endpoints[0]?.active === 2);
    const third = get(weir);
    await until(({ queue }) => queue.length === 1);
    origin.release();
    assert.deepEqual(await Promise.all(held), ['held', 'held']);
    await origin.holds(1);
    origin.release();
    assert.equal(await third, 'held');
  });
});
