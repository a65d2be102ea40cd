/** What `weir -t` warns of, with line and column, and that good configurations are left in peace. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findDoubts } from '#src/config/doubts/index.ts';
import { loadConfiguration } from '#src/config/read-configuration.ts';
import { runWeir } from '#test/support/weir.ts';
import { DOUBTFUL } from './doubtful-cases.ts';

const DOUBTFUL_FOLDER = join(import.meta.dirname, 'doubtful');
const GOOD_FOLDER = join(import.meta.dirname, 'good');
const SHIPPED = ['weir.conf', 'starter.conf'].map((name) => {
  return join(import.meta.dirname, '../../conf', name);
});

const inspect = (file: string) => {
  return loadConfiguration({ file, lookup: async () => ['192.0.2.1'] }, findDoubts);
};

for (const [name, line, column, message] of DOUBTFUL) {
  test(`doubtful configuration: ${name}`, async () => {
    const { problems, model } = await inspect(join(DOUBTFUL_FOLDER, `${name}.conf`));
    const found = problems.map(({ severity, message: what, suggestion, line: l, column: c }) => {
      return [severity, suggestion === undefined ? what : `${what}, ${suggestion}`, l, c];
    });
    assert.deepEqual(found, [['warn', message, line, column]]);
    assert.ok(model);
  });
}

test('every doubtful configuration is in the table', () => {
  const files = readdirSync(DOUBTFUL_FOLDER).sort();
  assert.deepEqual(files, DOUBTFUL.map(([name]) => `${name}.conf`).sort());
});

const GOOD = readdirSync(GOOD_FOLDER).filter((name) => name.endsWith('.conf'));

for (const file of [...GOOD.map((name) => join(GOOD_FOLDER, name)), ...SHIPPED]) {
  test(`nothing is doubtful about ${file.slice(file.lastIndexOf('/') + 1)}`, async () => {
    const { problems } = await inspect(file);
    assert.deepEqual(problems, []);
  });
}

test('there are good configurations of many kinds', () => {
  assert.ok(GOOD.length >= 15);
});

test('weir -t prints a doubt with line and column, and succeeds; -q does not print it', async () => {
  const file = join(DOUBTFUL_FOLDER, 'slash-lost.conf');
  const shown = await runWeir(['-t', '-c', file]);
  assert.equal(shown.code, 0);
  const [first] = shown.stderr.split('\n');
  assert.match(first ?? '', /^weir: \[warn\] "proxy_pass" turns .*slash-lost\.conf:6:18$/);
  assert.deepEqual(await runWeir(['-tq', '-c', file]), {
    code: 0,
    signal: null,
    stdout: '',
    stderr: '',
  });
});
