import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { GENERATION_FLAGS, STEADY_FLAGS } from './memory.ts';

test('V8 knows every flag that it is given: an unknown one is only a line on standard error', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const flags = [...GENERATION_FLAGS, ...STEADY_FLAGS].filter((flag) => flag !== '--no-warnings');
  assert.ok(flags.length > 2);
  for (const flag of flags) {
    const name = flag.replace(/=.*$/, '');
    assert.ok(known.includes(`  ${name} (`), `${name} is none of V8's`);
  }
});
