// Instances that know nothing of each other send a key to the same endpoint (LB-26).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { maps } from './policy-maps.contract.ts';

it('two processes agree on the endpoint of every key', () => {
  const module = new URL('./policy-maps.contract.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ maps }) => console.log(JSON.stringify(maps())))`;
  const env = { ...process.env, NODE_TEST_CONTEXT: '' };
  const told = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
  const json = told.split('\n').find((line) => line.startsWith('{')) ?? '';
  assert.deepEqual(JSON.parse(json), maps());
});
