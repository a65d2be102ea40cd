import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

const conf = (upstream: string): string =>
  `http { upstream app { server 10.0.0.1 max_conns=7; ${upstream} }
    server { location / { proxy_pass http://app; } } }`;

function problemsOf(upstream: string): string {
  const { problems } = buildModel(treeOf(conf(upstream)));
  return problems
    .map(({ message, severity, suggestion }) => `${severity}: ${message} (${suggestion})`)
    .join();
}

test('queue and concurrency are in the model', () => {
  const [app] = buildWell(conf('queue 100;')).upstreams;
  assert.deepEqual(app?.queue, {
    length: 100,
    timeoutMs: 60_000,
    priorityText: '',
    priority: null,
  });
  assert.equal(app.concurrency, null);
  const [other] = buildWell(
    conf('queue 5 timeout=1500ms priority=$arg_p; concurrency adaptive min=2 max=9;'),
  ).upstreams;
  assert.deepEqual([other?.queue?.length, other?.queue?.timeoutMs], [5, 1500]);
  assert.equal(other?.queue?.priorityText, '$arg_p');
  assert.ok(other.queue.priority);
  assert.deepEqual(other.concurrency, { min: 2, max: 9 });
  const [usual] = buildWell(conf('concurrency adaptive;')).upstreams;
  assert.deepEqual(usual?.concurrency, { min: 4, max: 1000 });
});

test('what is wrong is said', () => {
  assert.match(problemsOf('queue;'), /^emerg: invalid number of arguments/);
  assert.match(problemsOf('queue 0;'), /^emerg: invalid number "0"/);
  assert.match(problemsOf('queue 99999999;'), /^emerg: invalid number "99999999"/);
  assert.match(problemsOf('queue -1;'), /^emerg: invalid number "-1"/);
  assert.match(problemsOf('queue 5 timeout=soon;'), /^emerg: invalid time "soon"/);
  assert.match(problemsOf('queue 5 priority=;'), /^emerg: invalid parameter "priority=".*timeout=/);
  assert.match(problemsOf('queue 5 priority=$nothing;'), /^emerg: unknown .*variable/);
  assert.match(problemsOf('queue 5 forever;'), /^emerg: invalid parameter "forever"/);
  assert.match(problemsOf('queue 5; queue 6;'), /^emerg: .*duplicate/);
  assert.match(problemsOf('concurrency fixed;'), /^emerg: invalid value "fixed".*max_conns/);
  assert.match(problemsOf('concurrency adaptive min=0;'), /^emerg: invalid number "0"/);
  assert.match(problemsOf('concurrency adaptive min=9 max=3;'), /min \(9\) is above max \(3\)/);
  assert.match(problemsOf('concurrency adaptive most=3;'), /^emerg: invalid parameter "most=3"/);
});

test('a queue that nobody ever waits in is told of', () => {
  const { problems } = buildModel(
    treeOf(`http { upstream app { server 10.0.0.1; queue 5; }
      server { location / { proxy_pass http://app; } } }`),
  );
  assert.deepEqual(
    problems.map(({ message, severity }) => `${severity}: ${message}`),
    ['warn: nothing ever waits in the queue of upstream "app": its servers take any number'],
  );
});
