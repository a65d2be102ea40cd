// The command line, as a user of nginx knows it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { VERSION } from '#src/base/version.ts';
import { requirePeer } from '#test/support/peers.ts';
import { get, processConf, startProcesses, statusOf } from '#test/support/processes.ts';
import { run, runWeir, startWeir, WEIR } from '#test/support/weir.ts';

const GOOD = processConf(8080);
const BROKEN = GOOD.replace('status_json', 'status_jsom');
const isRoot = process.getuid?.() === 0;
const asRoot = { skip: isRoot ? false : 'not run: needs root to become another user' };

describe('weir -v, -V, -h', () => {
  it('print on stderr, as nginx does, and succeed', async () => {
    const version = await runWeir(['-v']);
    assert.deepEqual(
      [version.code, version.stdout, version.stderr],
      [0, '', `weir version: weir/${VERSION}\n`],
    );
    const build = await runWeir(['-V']);
    assert.equal(build.code, 0);
    assert.match(build.stderr, /^node version: v2\d\.\d+\.\d+$/m);
    assert.match(build.stderr, /^transport: (fast|portable)$/m);
    const help = await runWeir(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stderr, /^ {2}-s signal/m);
  });

  it('refuse an option that there is not, in one line', async () => {
    const { code, stderr } = await runWeir(['-x']);
    assert.equal(code, 1);
    assert.equal(stderr, 'weir: invalid option: "x" (weir -h lists them)\n');
  });
});

describe('weir -t', () => {
  it("prints nginx's two lines; -q prints none", async () => {
    const { code, stderr } = await runWeir(['-t'], { conf: GOOD });
    assert.equal(code, 0);
    const lines = stderr.trimEnd().split('\n').slice(-2);
    assert.match(lines[0] ?? '', /^weir: the configuration file \/.*weir\.conf syntax is ok$/);
    assert.match(lines[1] ?? '', /^weir: configuration file \/.*weir\.conf test is successful$/);
    assert.deepEqual(await runWeir(['-tq'], { conf: GOOD }), {
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
  });

  it('names line and remedy of a mistake and fails, also with -q', async () => {
    for (const flags of ['-t', '-tq']) {
      const { code, stderr } = await runWeir([flags], { conf: BROKEN });
      assert.equal(code, 1);
      assert.match(stderr, /^weir: \[emerg\] unknown directive "status_jsom".* in \/.*:\d+:\d+$/m);
      assert.match(stderr, /test failed$/m);
    }
  });

  it('finds files that cannot be opened and users that do not exist', async () => {
    const conf = GOOD.replace('access_log off', 'access_log /nonexistent/log');
    const log = await runWeir(['-t'], { conf });
    assert.equal(log.code, 1);
    assert.match(
      log.stderr,
      /^weir: \[emerg\] open\(\) "\/nonexistent\/log" failed \(2: No such file or directory\)/m,
    );
    if (!isRoot) return;
    const user = await runWeir(['-t'], { conf: `user no-such-user;${GOOD}` });
    assert.equal(user.code, 1);
    assert.match(user.stderr, /getpwnam\("no-such-user"\) failed: .* in \/.*weir\.conf:1:\d+$/m);
  });

  it('says in one line that the configuration cannot be read', asRoot, async (t) => {
    const weir = await startWeir({ conf: (port) => processConf(port) });
    t.after(() => weir.stop());
    chmodSync(weir.file, 0o600);
    const args = ['--reuid=65534', '--clear-groups', WEIR, '-t', '-c', weir.file];
    const { code, stderr } = await run('setpriv', args);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^weir: \[emerg\] open\(\) ".*weir\.conf" failed \(13: Permission denied\)/m,
    );
  });

  it('-T prints every file under its name, on stdout', async () => {
    const { code, stdout } = await runWeir(['-T'], {
      conf: GOOD.replace('access_log off;', 'include more.conf;'),
      files: { 'more.conf': 'access_log off;\n' },
    });
    assert.equal(code, 0);
    assert.match(stdout, /^# configuration file \/.*weir\.conf:$/m);
    assert.match(stdout, /^# configuration file \/.*more\.conf:\naccess_log off;$/m);
  });
});

describe('weir -g', () => {
  it('sets directives beside the file', async (t) => {
    const weir = await startProcesses({ main: '' }, { args: ['-g', 'worker_processes 3;'] });
    t.after(() => weir.stop());
    assert.equal((await statusOf(weir)).threads.length, 3);
  });
});

describe('weir -s', () => {
  it('says what is wrong when there is no pid file, or a stale one', async () => {
    const missing = await runWeir(['-s', 'reload'], { conf: GOOD });
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      /^weir: \[error\] open\(\) ".*weir\.pid" failed \(2: No such file or directory\): Weir does not run/,
    );
    const empty = await runWeir(['-s', 'stop'], { conf: GOOD, files: { 'weir.pid': '\n' } });
    assert.match(empty.stderr, /^weir: \[error\] invalid PID number "" in ".*weir\.pid"$/m);
    const stale = await runWeir(['-s', 'quit'], { conf: GOOD, files: { 'weir.pid': '4194304\n' } });
    assert.equal(stale.code, 1);
    assert.match(
      stale.stderr,
      /^weir: \[alert\] kill\(4194304, SIGQUIT\) failed \(3: No such process\)/,
    );
    assert.match(stale.stderr, /is stale/);
  });

  it('reload refuses a broken file itself; stop works all the same', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    weir.writeConf((port) => `${processConf(port)} broken;`);
    const place = ['-p', weir.folder, '-c', weir.file];
    const refused = await runWeir([...place, '-s', 'reload']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /unknown directive "broken"/);
    assert.equal(await get(weir), 'page');
    assert.equal((await runWeir([...place, '-s', 'stop'])).code, 0);
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
  });
});

describe('a start that must fail', () => {
  it('names the process that has the port, and leaves its own pid file alone', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runWeir([], { conf: processConf(port) });
    assert.equal(code, 1);
    const line = `weir: [emerg] bind() to 127.0.0.1:${port} failed (98: Address already in use): `;
    assert.ok(stderr.startsWith(line), stderr);
    assert.match(
      stderr,
      new RegExp(`\\(pid ${process.pid}\\) has it; stop it or change "listen" in `),
    );
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });

  it('says that the master of a second start has the port', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    const second = await runWeir(['-p', weir.folder, '-c', weir.file]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`weir master \\(pid ${weir.pid}\\) has it`));
    assert.equal((await runWeir(['-p', weir.folder, '-c', weir.file, '-s', 'quit'])).code, 0);
    await weir.waitForExit();
  });

  const needs = { skip: asRoot.skip || requirePeer('setpriv').skip };
  it('says what a port below 1024 needs', needs, async (t) => {
    const weir = await startProcesses(); // for its folder, which this user may write
    t.after(() => weir.stop());
    weir.writeConf(() => processConf(81, { main: 'pid /tmp/weir-test-no-permission.pid;' }));
    const args = ['--reuid=65534', '--clear-groups', '--bounding-set=-net_bind_service'];
    const { code, stderr } = await run('setpriv', [...args, WEIR, '-c', join(weir.file)]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /bind\(\) to 127\.0\.0\.1:81 failed \(13: Permission denied\): .*needs root/,
    );
  });

  it('says that the machine has no such address', async () => {
    const { code, stderr } = await runWeir([], {
      conf: processConf(8080).replace('127.0.0.1:8080', '192.0.2.1:8080'),
    });
    assert.equal(code, 1);
    assert.match(stderr, /192\.0\.2\.1:8080 failed \(99: .*this machine has no such address/);
  });
});
