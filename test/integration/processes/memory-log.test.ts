// error_log memory: the last lines of each process and thread, told to standard error on USR1.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWeir } from '#test/support/weir.ts';

test('lines wait in memory until USR1 asks for them', async (t) => {
  const weir = await startWeir({
    conf: (port) => `error_log memory:64k info; worker_processes 2;
      events {} http { server { listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:1; }
        location /own { proxy_pass http://127.0.0.1:1; error_log memory:4k; } } }`,
  });
  t.after(() => weir.stop());
  for (const target of ['/asked', '/own']) {
    assert.equal((await fetch(`http://127.0.0.1:${weir.port}${target}`)).status, 502);
  }
  assert.doesNotMatch(weir.output, /upstream_connect_refused/);
  weir.signal('SIGUSR1');
  await weir.waitForLine(/\[error\] \d+#[12]: upstream_connect_refused: .*"GET \/asked /);
  await weir.waitForLine(/\[error\] \d+#[12]: upstream_connect_refused: .*"GET \/own /);
  await weir.waitForLine(/\[notice\] \d+#0: /); // of a process that carries no traffic
});
