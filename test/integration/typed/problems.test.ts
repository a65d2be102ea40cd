// weir.config.ts: what is wrong with one is told with its place, and nothing is started or changed.

import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ask, checkTyped, startTyped, typedConf, typedServer } from '#test/support/typed.ts';
import { runWeir } from '#test/support/weir.ts';

const README = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
const IMPORT = `import { defineConfig } from 'weir';\n`;

/** What is wrong, the configuration, and what is said of it. */
const CASES: readonly (readonly [what: string, conf: string, said: RegExp])[] = [
  ['a mistake in its syntax', `${IMPORT}const a = ;\n`, /weir\.config\.ts:2(?::\d+)?$/m],
  [
    'TypeScript that is more than types',
    `${IMPORT}enum A { B }\n`,
    /enum.*weir\.config\.ts:2(?::\d+)?$/m,
  ],
  [
    'a throw',
    `${IMPORT}const make = () => {\n  throw new Error('no such tenant');\n};\nexport default defineConfig(make());\n`,
    /the configuration failed: Error: no such tenant.* in .*weir\.config\.ts:3(?::\d+)?$/m,
  ],
  [
    'a throw of something else',
    `throw 'plain';\n`,
    /the configuration threw plain.* in .*weir\.config\.ts:1(?::\d+)?$/m,
  ],
  [
    'a rejection',
    `${IMPORT}export default defineConfig(async () => {\n  throw new Error('later');\n});\n`,
    /Error: later.* in .*weir\.config\.ts:3(?::\d+)?$/m,
  ],
  [
    'a promise that never resolves',
    `${IMPORT}export default defineConfig(() => new Promise(() => {}));\n`,
    /waits for a promise that never resolves.* in .*weir\.config\.ts$/m,
  ],
  [
    'a promise at its top that never resolves',
    `await new Promise(() => {});\nexport default {};\n`,
    /waits for a promise that never resolves/,
  ],
  [
    'no export',
    `export const config = {};\n`,
    /has no default export.*weir\.config\.ts:1(?::\d+)?$/m,
  ],
  [
    'an import of nothing',
    `import './nowhere.ts';\nexport default {};\n`,
    /Cannot find module .*nowhere\.ts/,
  ],
  [
    'an exit',
    `process.exit(3);\nexport default {};\n`,
    /the process that evaluates the configuration ended with exit code 3/,
  ],
  [
    'a value of the wrong kind',
    `${IMPORT}export default defineConfig({\n  events: {},\n  http: {\n    clientMaxBodySize: new Date(0),\n  },\n} as never);\n`,
    /"client_max_body_size" cannot be an object of kind Date.* in .*weir\.config\.ts:5(?::\d+)?$/m,
  ],
  [
    'a block that is none',
    `${IMPORT}export default defineConfig({\n  events: {},\n  http: { server: [\n    { location: { '/': 'x' } },\n  ] },\n} as never);\n`,
    /"\/" must be an object of directives, not a string.* in .*weir\.config\.ts:5(?::\d+)?$/m,
  ],
  [
    'a function where none may be',
    `${IMPORT}export default defineConfig({\n  events: {},\n  http: { server: {\n    listen: () => '80',\n  } },\n} as never);\n`,
    /"listen" takes no function.* in .*weir\.config\.ts:5(?::\d+)?$/m,
  ],
  [
    'a directive that nobody knows',
    `${IMPORT}export default defineConfig({\n  events: {},\n  http: { server: { lisen: 80 } },\n} as never);\n`,
    /unknown directive "lisen", did you mean "listen".* in .*weir\.config\.ts:4(?::\d+)?$/m,
  ],
  [
    'an argument that means nothing',
    `${IMPORT}export default defineConfig({\n  events: {},\n  http: {\n    server: {\n      listen: 80, location: {\n        '/': { proxyPass: 'http://127.0.0.1:1', proxyConnectTimeout: 'soon' as never } } } },\n});\n`,
    /invalid time "soon".* in .*weir\.config\.ts:7(?::\d+)?$/m,
  ],
  [
    'two handlers',
    `${IMPORT}export default defineConfig({ events: {}, http: { server: {\n  location: { '/': {\n    proxyPass: 'http://127.0.0.1:1',\n    handler: () => 'x',\n  } } } } });\n`,
    /"handler" and "proxy_pass" cannot both answer here.* in .*weir\.config\.ts:5(?::\d+)?$/m,
  ],
];

describe('weir -t of a weir.config.ts', () => {
  for (const [what, conf, said] of CASES) {
    it(`tells of ${what}`, async () => {
      const { code, stderr } = await checkTyped(conf);
      assert.equal(code, 1, stderr);
      assert.match(stderr, said);
      assert.match(stderr, /^weir: \[emerg\] /m);
      assert.match(stderr, /test failed\n$/);
    });
  }

  it('ends one that never ends', async () => {
    const env = { WEIR_EVALUATION_MS: '700' };
    const { code, stderr } = await checkTyped(`for (;;);\nexport default {};\n`, { env });
    assert.equal(code, 1);
    assert.match(stderr, /evaluation of the configuration took longer than 0\.7 s.*config\.ts$/m);
  });

  it('tells all places of a file that is included', async () => {
    const conf = `${IMPORT}export default defineConfig({ events: {}, http: { include: 'more/*.conf' } });\n`;
    const files = { 'more/a.conf': 'server {\n  listen 80;\n  nonsense on;\n}\n' };
    const { code, stderr } = await checkTyped(conf, { files });
    assert.equal(code, 1);
    assert.match(stderr, /unknown directive "nonsense".* in .*more\/a\.conf:3(?::\d+)?$/m);
  });

  it('tells of type errors where TypeScript is installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-types-test-'));
    try {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, 'node_modules'));
      const installed = resolve(import.meta.dirname, '../../../node_modules');
      for (const name of ['typescript', '@types', '@typescript']) {
        symlinkSync(join(installed, name), join(folder, 'node_modules', name));
      }
      const file = join(folder, 'weir.config.ts');
      const write = (handler: string) =>
        writeFileSync(
          file,
          `${IMPORT}export default defineConfig({ events: {}, http: { server: {\n  listen: '127.0.0.1:8999', location: { '/': {\n    handler: (request) => ${handler},\n  } } } } });\n`,
        );
      const check = () => runWeir(['-t', '-p', folder, '-c', file, '-e', 'stderr']);
      write('request.pth');
      const wrong = await check();
      assert.equal(wrong.code, 1, wrong.stderr);
      assert.match(
        wrong.stderr,
        /TS2551: Property 'pth' does not exist.* in .*config\.ts:4(?::\d+)?$/m,
      );
      write('request.path');
      const right = await check();
      assert.equal(right.code, 0, right.stderr);
      assert.doesNotMatch(right.stderr, /types of the configuration/);
      writeFileSync(file, /```ts\n([\s\S]*?)```/.exec(README)?.[1] ?? '');
      const example = await check();
      assert.equal(example.code, 0, example.stderr);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses a function in nginx.conf', async () => {
    const conf = 'events {} http { server { listen 80; location / { handler hello; } } }';
    const { code, stderr } = await runWeir(['-t'], { conf });
    assert.equal(code, 1);
    assert.match(stderr, /"handler" takes a function, which only weir\.config\.ts has/);
  });
});

describe('a weir.config.ts', () => {
  it('is not run by the master, and not as root', async (t) => {
    const weir = await startTyped(
      `'/': { handler: () => [process.pid, process.getuid?.(), evaluated].join() },`,
      { before: 'const evaluated = process.getuid?.(); console.error("pid", process.pid);' },
    );
    t.after(() => weir.stop());
    const [pid, uid, evaluated] = (await ask(weir, '/')).body.split(',').map(Number);
    assert.notEqual(pid, weir.pid);
    const isRoot = process.getuid?.() === 0;
    assert.equal(uid === 0, false, 'a thread runs as root');
    assert.equal(isRoot ? evaluated === 0 : false, false);
    assert.doesNotMatch(weir.output, new RegExp(`^pid ${weir.pid}$`, 'm'));
  });

  it('that its user cannot read is refused, not run as root', async (t) => {
    if (process.getuid?.() !== 0) return t.diagnostic('not root: everybody may read his own files');
    const folder = mkdtempSync(join(tmpdir(), 'weir-closed-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'weir.config.ts');
    writeFileSync(file, `process.stderr.write('it was run');\nexport default {};\n`);
    const { code, stderr } = await runWeir(['-t', '-c', file]);
    assert.equal(code, 1);
    assert.match(stderr, /user "nobody" cannot read .*weir-closed-.*-g "user NAME;"/);
    assert.doesNotMatch(stderr, /it was run/);
  });

  it('that gives something else each time does not start', async () => {
    const conf = typedConf(typedServer(8_998, `['/' + process.pid]: { handler: () => 'x' }`));
    const { code, stderr } = await runWeir([], { conf, name: 'weir.config.ts' });
    assert.equal(code, 1);
    assert.match(stderr, /gives another configuration each time it is evaluated/);
  });

  it('is what it was when it was read, whatever becomes of its files', async (t) => {
    const weir = await startTyped(
      `'/': { handler: () => greeting() },
       '= /exit': { handler: () => process.exit(1) },`,
      {
        before: `import { greeting } from './parts/greeting.ts';`,
        files: { 'parts/greeting.ts': `export const greeting = (): string => 'from a part';\n` },
      },
    );
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/')).body, 'from a part');
    rmSync(join(weir.folder, 'parts'), { recursive: true });
    writeFileSync(weir.file, 'nonsense');
    await assert.rejects(ask(weir, '/exit'));
    await weir.waitForLine(/thread 1 died and is replaced/);
    assert.equal((await ask(weir, '/')).body, 'from a part');
  });
});
