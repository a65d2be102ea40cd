// weir.config.ts: `fault`, alone and behind a function, in a Weir as it is started.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { ask, checkTyped, typedConf } from '#test/support/typed.ts';
import { startWeir } from '#test/support/weir.ts';

it('fault in weir.config.ts holds behind its filters, is counted, and -t warns of it', async (t) => {
  const origin = await startOrigin({ respond: () => ({ body: 'origin' }) });
  t.after(() => origin.close());
  const httpOf = (port: number): string => {
    return `server: [{ listen: '127.0.0.1:${port}', fault: [['abort=503', 'if=$arg_fail'], ['delay=1ms', 'if=$arg_late']],
      location: {
        '/': { proxyPass: 'http://127.0.0.1:${origin.port}' },
        '/filtered': { proxyPass: 'http://127.0.0.1:${origin.port}',
          requestFilter: (request) => request.path === '/filtered/no' ? { status: 403 } : undefined },
        '= /status': { statusJson: true } } }],`;
  };
  const weir = await startWeir({ name: 'weir.config.ts', conf: (port) => typedConf(httpOf(port)) });
  t.after(() => weir.stop());
  const statuses: number[] = [];
  for (const path of [
    '/',
    '/?fail=1',
    '/?late=1',
    '/filtered',
    '/filtered?fail=1',
    '/filtered/no?fail=1',
  ]) {
    statuses.push((await ask(weir, path)).status);
  }
  assert.deepEqual(statuses, [200, 503, 200, 200, 503, 403]);
  const status = JSON.parse((await ask(weir, '/status')).body);
  assert.deepEqual(status.faults, { delayed: 1, aborted: 2, slowed: 0 });
  assert.equal(status.reasons.fault_abort, 2);
  const { stderr } = await checkTyped(typedConf(httpOf(1)));
  assert.match(stderr, /\[warn\].*faults are injected here: "fault abort=503 if=\$arg_fail"/);
});
