// An edge without a configuration file (weir proxy), and a first file (weir init).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '#test/support/free-port.ts';
import { run, runWeir, WEIR } from '#test/support/weir.ts';

async function origin(t: TestContext, name: string): Promise<number> {
  const server = createServer(({ headers }, answer) => {
    const { host } = headers;
    const fields = [headers['x-real-ip'], headers['x-forwarded-port']];
    answer.end([name, host, ...fields].join(' '));
  });
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Runs `weir proxy` until the test ends; resolves when it serves. */
async function serve(t: TestContext, args: readonly string[]): Promise<void> {
  const child = spawn(WEIR, ['proxy', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
  });
  let said = '';
  for await (const chunk of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('Ctrl+C ends it')) return;
  }
  assert.fail(said);
}

/** A page on a connection of its own. */
async function page(port: number, host: string): Promise<string> {
  const request = get({ port, host: '127.0.0.1', headers: { host }, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = `${answer.statusCode} `;
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return text.trimEnd();
}

describe('weir proxy', () => {
  it('serves several endpoints in turn, under the host that was asked for', async (t) => {
    const ports = [await origin(t, 'one'), await origin(t, 'two')];
    const [port = 0] = await freePorts(1);
    const endpoints = [`:${ports[0]}`, `http://127.0.0.1:${ports[1]}`];
    await serve(t, [...endpoints, '--port', `${port}`, '--address', '127.0.0.1']);
    const pages = new Set<string>();
    for (let i = 0; i < 20; i++) pages.add(await page(port, 'a.test'));
    const expected = ['one', 'two'].map((name) => `200 ${name} a.test 127.0.0.1 ${port}`);
    assert.deepEqual([...pages].sort(), expected);
  });

  it('--host serves that host only', async (t) => {
    const [port = 0] = await freePorts(1);
    await serve(t, [`:${await origin(t, 'one')}`, `--port=${port}`, '--host', 'a.test']);
    assert.match(await page(port, 'a.test'), /^200 one a\.test/);
    assert.equal(await page(port, 'b.test'), '421 this edge serves a.test only');
  });

  it('says who has the port, and what to do', async (t) => {
    const taken = await origin(t, 'one');
    const { code, stderr } = await runWeir(['proxy', ':1', '--port', `${taken}`]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^weir: \[emerg\] bind\(\) to 0\.0\.0\.0:\d+ failed \(98: .*has it; stop it or choose another --port\n$/,
    );
  });

  it('says in one line what is wrong with the command', async () => {
    for (const [args, line] of [
      [[], 'proxy what? weir proxy :3000 (--help says more)'],
      [[':1', '--port', '0'], '--port takes a number from 1 to 65535, not "0"'],
      [[':1', '--port'], 'option "--port" requires a value'],
      [[':1', '--host', 'a/b'], '--host takes a name such as example.org, not "a/b"'],
      [[':1', '--address', '1;2'], '--address takes an IP address or a host name, not "1;2"'],
      [[':1', '--tls'], 'invalid option: "--tls" (--help lists them)'],
    ] as const) {
      const { code, stderr } = await runWeir(['proxy', ...args]);
      assert.deepEqual([code, stderr], [1, `weir: ${line}\n`]);
    }
    assert.match((await runWeir(['proxy', '--help'])).stdout, /^Usage: weir proxy ENDPOINT/);
  });

  it('--print gives a file to go on from', async (t) => {
    const { stdout } = await runWeir(['proxy', ':3000', '--host', 'a.test', '--print']);
    const folder = newFolder(t);
    writeFileSync(join(folder, 'w.conf'), stdout);
    const { code, stderr } = await run(WEIR, ['-t', '-p', folder, '-c', 'w.conf']);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /\[warn\]/);
  });
});

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-one-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('weir init', () => {
  it('writes a file that is good as it stands, and says what to do next', async (t) => {
    const folder = newFolder(t);
    const { code, stdout } = await run(WEIR, ['init'], { cwd: folder });
    assert.equal(code, 0);
    assert.deepEqual(readdirSync(folder), ['weir.conf']);
    const next = /^ {2}weir (-t -p \. -c weir\.conf) /m.exec(stdout)?.[1];
    const checked = await run(WEIR, next?.split(' ') ?? [], { cwd: folder });
    assert.equal(checked.code, 0, checked.stderr);
    assert.doesNotMatch(checked.stderr, /\[(warn|notice)\]/);
  });

  it('never overwrites, and says why it cannot write', async (t) => {
    const folder = newFolder(t);
    writeFileSync(join(folder, 'weir.conf'), 'mine');
    const { code, stderr } = await run(WEIR, ['init'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stderr, /weir\.conf is there already and was left as it is; name another one/);
    assert.equal(readFileSync(join(folder, 'weir.conf'), 'utf8'), 'mine');
    const other = await run(WEIR, ['init', 'a b.conf'], { cwd: folder });
    assert.match(other.stdout, /^ {2}weir -p \. -c 'a b\.conf' /m);
    const nowhere = await run(WEIR, ['init', 'none/weir.conf'], { cwd: folder });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /open\(\) ".*none\/weir\.conf" failed \(2: No such file/);
  });
});
