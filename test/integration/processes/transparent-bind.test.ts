// proxy_bind … transparent in processes that do not run as root: as in nginx they keep the one right
// that it needs, and no other.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { statusOf } from '#test/support/processes.ts';
import { startWeir } from '#test/support/weir.ts';

const asRoot = { skip: process.getuid?.() === 0 ? false : 'not run: needs root' };
/** capabilities(7): CAP_NET_RAW, as /proc shows it. */
const ONLY_RAW = '0000000000002000';
const NONE = '0000000000000000';

function rightsOf(pid: number): Record<string, string> {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Object.fromEntries(
    [...status.matchAll(/^(Uid|Cap\w+):\s*(\w+)/gm)].map(([, k, v]) => [k, v]),
  );
}

for (const bind of ['127.0.0.8 transparent', '127.0.0.8']) {
  test(
    `a generation that serves as nobody has what proxy_bind ${bind} needs`,
    asRoot,
    async (t) => {
      const origin = createServer((request, response) => {
        response.end(request.socket.remoteAddress);
      });
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
      t.after(() => origin.close());
      const { port: originPort } = origin.address() as AddressInfo;
      const weir = await startWeir({
        conf: (port) => `user nobody; worker_processes 1; error_log stderr;
        events {} http { server { listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${originPort}; proxy_bind ${bind}; }
          location = /status { status_json; } } }`,
      });
      t.after(() => weir.stop());
      const before = rightsOf(weir.pid);
      const response = await fetch(`http://127.0.0.1:${weir.port}/`);
      assert.deepEqual([response.status, await response.text()], [200, '127.0.0.8']);
      const { generationPid } = await statusOf(weir);
      const { CapAmb, CapEff, CapPrm, Uid } = rightsOf(generationPid);
      const kept = bind.includes('transparent') ? ONLY_RAW : NONE;
      assert.deepEqual(
        { CapAmb, CapEff, CapPrm, Uid },
        { CapAmb: kept, CapEff: kept, CapPrm: kept, Uid: '65534' },
      );
      // The master has lent it, and has no more and no less than before.
      assert.deepEqual(
        [before['CapAmb'], before['CapInh']],
        [NONE, rightsOf(process.pid)['CapInh']],
      );
      assert.doesNotMatch(weir.output, /CAP_NET_RAW/);
    },
  );
}
