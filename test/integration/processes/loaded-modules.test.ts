// A thread keeps what it has loaded, so it loads only what its configuration uses: of each feature that
// costs memory (npm run prove -- memory-pss), who must not have its code, and that it comes when asked for.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startWeir } from '#test/support/weir.ts';

const RECORDER = join(import.meta.dirname, '../../support/record-modules.ts');

/** Modules by the entry point of the thread that has loaded them. */
type Loaded = Readonly<Record<'master' | 'generation' | 'thread', readonly string[]>>;

const ENTRIES = {
  master: 'workers/cli.ts',
  generation: 'workers/generation.ts',
  thread: 'workers/proxy-thread.ts',
};

/** What each has loaded when the edge serves. */
async function loadedBy(t: TestContext, http: (port: number) => string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-modules-'));
  chmodSync(folder, 0o777); // the generation may be another user
  t.after(() => rmSync(folder, { recursive: true }));
  const weir = await startWeir({
    conf: (port) => `worker_processes 1; error_log stderr; events {} http { ${http(port)} }`,
    env: { NODE_OPTIONS: `--import ${RECORDER}`, WEIR_RECORD_MODULES: folder },
  });
  t.after(() => weir.stop());
  const lists = readdirSync(folder).map((name) =>
    readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'),
  );
  const of = (entry: string) => {
    const list = lists.find((modules) => modules.includes(entry));
    assert.ok(list !== undefined, `nobody has loaded ${entry}\n${weir.output}`);
    return list;
  };
  return {
    master: of(ENTRIES.master),
    generation: of(ENTRIES.generation),
    thread: of(ENTRIES.thread),
  };
}

/** Files or folders that only some configurations need, by who must do without them. */
const SPECIAL: Readonly<Record<keyof Loaded, readonly string[]>> = {
  master: [
    'node:http',
    'node:https',
    'node:zlib',
    'src/admin/api-server.ts',
    'src/explain/',
    'src/upstream/upstream.ts',
    'src/upstream/discovery/discovery.ts',
    'src/upstream/health/active-checks.ts',
    'src/upstream/judges/upstream-judge.ts',
  ],
  generation: [
    'node:crypto',
    'node:dgram',
    'node:dns',
    'node:http',
    'node:https',
    'node:zlib',
    'src/admin/live-upstream.ts',
    'src/admin/plus-api.ts',
    'src/admin/webhook.ts',
    'src/codecs/',
    'src/config/',
    'src/explain/',
    'src/pattern/',
    'src/proxy/',
    'src/transport/',
    'src/upstream/discovery/',
    'src/upstream/health/',
    'src/upstream/judges/',
    'src/upstream/adaptive-limits.ts',
    'src/variables/',
    'workers/watchdog.ts',
  ],
  thread: [
    'node:crypto',
    'node:dgram',
    'node:dns',
    'node:http',
    'node:https',
    'node:zlib',
    'src/admin/',
    'src/config/typed/',
    'src/explain/',
    'src/pattern/',
    'src/upstream/discovery/discovery.ts',
    'src/upstream/health/active-checks.ts',
    'src/upstream/judges/upstream-judge.ts',
    'src/upstream/roster/',
  ],
};

function has(modules: readonly string[], special: string): boolean {
  return modules.some((one) => (special.endsWith('/') ? one.startsWith(special) : one === special));
}

describe('a small configuration', () => {
  it('loads nothing that it does not use', async (t) => {
    const loaded = await loadedBy(
      t,
      (port) =>
        `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:9; } }`,
    );
    for (const role of ['master', 'generation', 'thread'] as const) {
      const needless = SPECIAL[role].filter((special) => has(loaded[role], special));
      assert.deepEqual(needless, [], `${role}: of what only other configurations need`);
    }
  });
});

describe('what a configuration uses', () => {
  const USES: readonly [role: keyof Loaded, special: string][] = [
    ['generation', 'src/admin/live-upstream.ts'],
    ['generation', 'src/upstream/adaptive-limits.ts'],
    ['generation', 'src/upstream/discovery/discovery.ts'],
    ['generation', 'src/upstream/health/active-checks.ts'],
    ['generation', 'src/upstream/judges/upstream-judge.ts'],
    ['thread', 'node:dgram'],
    ['thread', 'node:zlib'],
    ['thread', 'src/pattern/pattern.ts'],
  ];

  it('is loaded', async (t) => {
    const loaded = await loadedBy(
      t,
      (port) => `
      resolver 127.0.0.1:9;
      upstream a {
        zone a 64k;
        server 127.0.0.1:9;
        concurrency adaptive;
        server localhost:9 resolve;
        outlier_ejection;
      }
      server {
        listen 127.0.0.1:${port};
        access_log /dev/null combined gzip flush=1s;
        access_log syslog:server=127.0.0.1:9;
        location / { proxy_pass http://a; health_check; }
        location ~ ^/x { return 204; }
      }`,
    );
    for (const [role, special] of USES) {
      assert.ok(has(loaded[role], special), `${role}: ${special}`);
    }
  });
});
