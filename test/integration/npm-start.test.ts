// `npm start`, as README.md has it, on its own ports: 8080, 8081 and the demo origins' 9001 to 9003.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { it } from 'node:test';
import { accepts, isFree } from '#test/support/free-port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PORTS = [8080, 8081, 9001, 9002, 9003];

const states = await Promise.all(PORTS.map(isFree));
const taken = PORTS.filter((_, index) => !states[index]);
const reason = `not run: port ${taken.join(', ')} is in use`;
if (taken.length > 0 && process.env['WEIR_REQUIRE_PEERS'] === '1') throw new Error(reason);

it('npm start serves three demo origins and status, and Ctrl-C ends all of it', {
  skip: taken.length > 0 ? reason : false,
}, async (t) => {
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    detached: true, // a process group, as a terminal makes one
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  assert.ok(pid, 'npm did not start');
  const end = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: all of them are gone
    }
  };
  t.after(() => end('SIGKILL'));
  let output = '';
  const keep = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const exit = once(child, 'exit');
  let isOver = false;
  void exit.then(() => {
    isOver = true;
  });
  for (const port of [8080, 8081]) {
    while (!(await accepts(port))) assert.ok(!isOver, output);
  }

  const answers = await Promise.all([1, 2, 3].map(() => fetch('http://127.0.0.1:8080/hello')));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  const origins = bodies.map((body) => /demo origin (\w+)/.exec(body)?.[1]).sort();
  assert.deepEqual(origins, ['one', 'three', 'two']);
  const status = await fetch('http://127.0.0.1:8081/status');
  assert.equal(status.status, 200);
  assert.equal(typeof (await status.json()), 'object');
  assert.match(output, /Three things to try/);

  end('SIGINT');
  await exit;
  const left = await Promise.all(PORTS.map(isFree));
  assert.deepEqual(left, [true, true, true, true, true], output);
});
