// What docs/explain.md shows, done; and how the two commands fail.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestReport } from '#src/explain/run-tests.ts';
import type { Explanation } from '#src/explain/trace.ts';
import { type Outcome, run, WEIR } from '#test/support/weir.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/explain.md'), 'utf8');

/** The first block of that kind. */
function block(kind: string): string {
  return new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1] ?? '';
}

/** Each `$ command` with what it prints. */
const SHOWN = [...PAGE.matchAll(/```\n\$ weir (.*)\n([\s\S]*?)```/g)].map(
  ([, line = '', output]) => {
    const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    return { args: args as string[], output };
  },
);

describe('weir explain and weir test', () => {
  /** Readable by the user that files of tests are read as. */
  const folder = mkdtempSync(join(tmpdir(), 'weir-explain-'));
  chmodSync(folder, 0o755);
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'shop.conf'), block('nginx'));
  writeFileSync(join(folder, 'shop.test.ts'), block('ts'));

  const weir = (...args: string[]): Promise<Outcome> => run(WEIR, args, { cwd: folder });
  /** A file of tests with that text behind the import. */
  const tests = async (text: string, ...args: string[]): Promise<Outcome> => {
    writeFileSync(join(folder, 'own.test.ts'), `import { test } from 'weir/test';\n${text}`);
    return await weir('test', 'own.test.ts', '-c', 'shop.conf', ...args);
  };

  it('print what docs/explain.md shows', async () => {
    assert.equal(SHOWN.length, 2);
    for (const { args, output } of SHOWN) {
      const { code, stderr, stdout } = await weir(...args);
      assert.equal(code, 0, `${stderr}${stdout}`);
      const own = (text = '') => text.replace(/weir-[0-9a-f]{8}/, 'weir-…');
      assert.equal(own(stdout), own(output));
    }
  });

  it('open no socket: where that is forbidden they do the same', async () => {
    const forbidding = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings'];
    const dial = `require('node:net').connect(1, '127.0.0.1').on('error', (e) => console.log(e.code))`;
    const control = await run(process.execPath, [...forbidding, '-e', dial]);
    assert.match(`${control.stdout}${control.stderr}`, /ERR_ACCESS_DENIED/, 'the control');
    const cli = [...forbidding, join(ROOT, 'workers/cli.ts')];
    const asked = ['explain', 'http://shop.test/', '-c', 'shop.conf'];
    const explained = await run(process.execPath, [...cli, ...asked], { cwd: folder });
    assert.equal(explained.code, 0, explained.stderr);
    assert.match(explained.stdout, /^upstream +shop /m);
  });

  it('touch nothing: no log file is created, no folder needed', async () => {
    const conf = `events {} error_log logs/error.log; http { access_log logs/access.log;
      client_body_temp_path none/here;
      server { listen 80; location / { return 200; access_log other.log; } } }`;
    writeFileSync(join(folder, 'logs.conf'), conf);
    const before = readdirSync(folder);
    for (const url of ['http://a/', 'http://a/%00']) {
      const { code, stderr } = await weir('explain', url, '-c', 'logs.conf', '-p', '.');
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(readdirSync(folder), before);
  });

  it('run the functions of a weir.config.ts', async () => {
    const config = `import { defineConfig } from 'weir';
      export default defineConfig({ http: {
        variable: { $tenant: (request) => request.host.split('.')[0] },
        server: [{ listen: 80, location: {
          '/': { proxyPass: 'http://127.0.0.1:9', proxySetHeader: { 'X-Tenant': '$tenant' } },
          '= /hello': { handler: async (request) => 'hello ' + (await request.text()) },
        } }],
      } });`;
    const cases = `import { test } from 'weir/test';
      test('a', { get: 'http://acme.test/' }, { sentHeaders: { 'X-Tenant': 'acme' } });
      test('b', { post: 'http://a/hello', body: 'you' }, { body: 'hello you', upstream: null });`;
    writeFileSync(join(folder, 'weir.config.ts'), config);
    writeFileSync(join(folder, 'functions.test.ts'), cases);
    const tested = await weir('test', 'functions.test.ts', '-c', 'weir.config.ts');
    assert.deepEqual([tested.code, tested.stdout.split('\n')[0]], [0, '2 of 2 tests passed']);
    const explained = await weir('explain', 'http://a/hello', '-c', 'weir.config.ts');
    assert.match(explained.stdout, /^function .*\["= \/hello"\]\.handler +weir\.config\.ts:6$/m);
  });

  it('explain as JSON', async () => {
    const { code, stdout } = await weir(
      ...['explain', 'http://www.shop.test/x', '-c', 'shop.conf', '--json'],
      ...['-H', 'Accept: application/json', '--from', '2001:db8::7'],
    );
    assert.equal(code, 0);
    const { answer, events, request } = JSON.parse(stdout) as Explanation;
    assert.equal(request.from, '2001:db8::7');
    assert.equal(answer?.status, 301);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['server', 'step', 'variable'], // the server's own return comes before any location
    );
  });

  it('explain nothing that cannot be asked, and say why in one line', async () => {
    const usual = ['-c', 'shop.conf'];
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['shop.test/', ...usual], /^weir: "shop\.test\/" is no URL: write http:\/\/host\/path\n$/],
      [
        ['http://shop.test:81/', ...usual],
        /nothing listens on port 81; what listens: 0\.0\.0\.0:80/,
      ],
      [['http://shop.test/', ...usual, '-H', 'x'], /"x" is no field: write -H 'Name: value'/],
      [['http://shop.test/', ...usual, '--answer', '100'], /--answer takes a status/],
      [['http://shop.test/', '--frm', 'x', ...usual], /invalid option: "--frm"/],
      [['http://a/', 'http://b/', ...usual], /one URL at a time: what is "http:\/\/b\/"\?/],
      [[...usual], /explain what\? weir explain http:\/\/host\/path/],
      [['http://shop.test/', '-c', 'none.conf'], /none\.conf/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr, stdout } = await weir('explain', ...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, message);
    }
  });

  it('help', async () => {
    for (const command of ['explain', 'test']) {
      const { code, stdout } = await weir(command, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: weir ${command} `));
    }
  });

  it('name a test that fails with its place, what came, and why', async () => {
    const { code, stdout } = await tests(
      `\ntest('no cart', { get: 'http://shop.test/cart' }, { status: 404, upstream: /^b/ });\n`,
    );
    assert.equal(code, 1);
    assert.match(stdout, /^✗ own\.test\.ts:3: no cart$/m);
    assert.match(stdout, /^ {2}status: expected "404", got "200"$/m);
    assert.match(stdout, /^ {2}upstream: expected \/\^b\/, got "shop"$/m);
    assert.match(stdout, /^ {4}location +location \/ +shop\.conf:14$/m);
    assert.match(stdout, /^0 of 1 tests passed$/m);
    assert.match(stdout, /^ {2}never tested: shop\.conf:21: location ~ \\\.php\$$/m);
  });

  it('tell programs what came, with --json', async () => {
    const { code, stdout } = await tests(
      `test('fine', { get: 'http://shop.test/' }, { status: 200 });
test('not', { get: 'http://shop.test/cart' }, { status: 404 });
test('no port', { get: 'http://shop.test:81/' }, { status: 200 });`,
      '--json',
    );
    assert.equal(code, 1);
    const { coverage, failed, passed, tests: each } = JSON.parse(stdout) as TestReport;
    assert.deepEqual([passed, failed], [1, 2]);
    assert.deepEqual(
      each.map(({ line, passed: isFine, title }) => [title, line, isFine]),
      [
        ['fine', 2, true],
        ['not', 3, false],
        ['no port', 4, false],
      ],
    );
    assert.deepEqual(each[1]?.mismatches, [{ what: 'status', expected: '"404"', got: '"200"' }]);
    assert.match(each[2]?.problem ?? '', /nothing listens on port 81/);
    const locations = coverage.kinds.find(({ what }) => what === 'locations');
    assert.deepEqual([locations?.count, locations?.untouched.length], [4, 3]);
    assert.equal(locations?.untouched[0]?.place.line, 18);
  });

  it('fail when too little is covered', async () => {
    const one = `test('x', { get: 'http://shop.test/' }, { status: 200 });`;
    const enough = await tests(one, '--min-coverage', '10');
    assert.equal(enough.code, 0, enough.stdout);
    const { code, stdout } = await tests(one, '--min-coverage=90');
    assert.equal(code, 1);
    assert.match(stdout, /^coverage 23 %: servers 1 of 2, locations 1 of 4, rules 0 of 4, /m);
    assert.match(stdout, /^✗ 90 % were to be covered$/m);
  });

  it('tell apart what could not be run', async () => {
    const get = `get: 'http://shop.test/'`;
    const cases: readonly (readonly [text: string, message: RegExp])[] = [
      ['', /own\.test\.ts has no test/],
      [`\nthrow new Error('broken');`, /the test file failed: Error: broken in .*own\.test\.ts:3/],
      [
        `await new Promise(() => setInterval(() => {}, 1000));`,
        /own\.test\.ts took longer than 1 s/,
      ],
      [`await new Promise(() => {});`, /own\.test\.ts (waits for a promise|ended|took)|ended with/],
      [`test('x', { ${get} }, { statsu: 1 });`, /unknown "statsu", did you mean "status"\? in own/],
      [
        `test('x', { ${get} }, {});`,
        /nothing is expected: the test cannot fail in own\.test\.ts:2/,
      ],
      [`test('x', { ${get}, post: 'http://a/' }, { status: 1 });`, /has "get" and "post"/],
      [`test('x', { headers: {} }, { status: 1 });`, /the request has no URL/],
      [`test('x', { ${get}, answer: { status: 99 } }, { status: 1 });`, /the answer has status 99/],
      [`test('x', { ${get} }, { body: () => 1 });`, /holds what cannot be compared/],
    ];
    for (const [text, message] of cases) {
      const { code, stderr } = await tests(text, '--timeout', '1');
      assert.equal(code, 2, text);
      assert.match(stderr, message, text);
    }
    const { code, stderr } = await weir('test', 'none.ts', '-c', 'shop.conf');
    assert.deepEqual([code, stderr], [2, 'weir: there is no file none.ts\n']);
  });

  it('a URL that nothing listens for fails its test alone', async () => {
    const { code, stdout } = await tests(
      `test('a', { get: 'http://shop.test:81/' }, { status: 1 });
       test('b', { get: 'http://shop.test/', listen: '80' }, { status: 200 });`,
    );
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}nothing listens on port 81/m);
    assert.match(stdout, /^1 of 2 tests passed$/m);
  });
});
