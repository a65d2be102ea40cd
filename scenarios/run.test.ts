import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const run = (...words: string[]): { status: number | null; text: string } => {
  const file = join(import.meta.dirname, 'run.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], {
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
};

describe('npm run prove', () => {
  it('--list loads every scenario and tells its target', () => {
    const { status, text } = run('--list');
    assert.equal(status, 0, text);
    assert.match(text, /^speed-16k\n {4}.*\n {4}target: .*≤ 1\.05 × nginx/m);
  });

  it('a wrong name is answered with the right ones', () => {
    const { status, text } = run('speed');
    assert.equal(status, 2);
    assert.match(text, /no scenario speed; there are: .*speed-unique-heads/);
  });

  it('--help explains itself, an unknown option is an error', () => {
    assert.match(run('--help').text, /^usage: npm run prove/);
    assert.equal(run('--nonsense').status, 2);
  });
});
