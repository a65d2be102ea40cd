/**
 * Named broken configurations: what each is told, with line and column. FOLDER in a message stands
 * for the folder of the files.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { loadConfiguration } from '#src/config/read-configuration.ts';
import { BROKEN } from './broken-cases.ts';

const FOLDER = join(import.meta.dirname, 'broken');

const read = (name: string) => {
  return loadConfiguration({ file: join(FOLDER, `${name}.conf`), lookup: async () => [] });
};

for (const [name, line, column, message] of BROKEN) {
  test(`broken configuration: ${name}`, async () => {
    const { problems, model } = await read(name);
    const [first, ...more] = problems.filter(({ severity }) => severity === 'emerg');
    assert.ok(first);
    assert.deepEqual(more, []);
    const said = first.suggestion === undefined ? '' : `, ${first.suggestion}`;
    assert.equal(`${first.message}${said}`, message.replaceAll('FOLDER', FOLDER));
    assert.deepEqual([first.line, first.column], [line, column]);
    assert.equal(model, undefined);
  });
}

const WEIR = join(import.meta.dirname, '../../bin/weir');
const run = promisify(execFile);
/** Sixty starts compile the same modules: once is enough. */
const env = { ...process.env, NODE_COMPILE_CACHE: mkdtempSync(join(tmpdir(), 'weir-cache-')) };
after(() => rmSync(env.NODE_COMPILE_CACHE, { recursive: true }));

/** What `weir -t` prints and how it ends. */
async function weirTest(file: string): Promise<{ code: unknown; stderr: string }> {
  try {
    const { stderr } = await run(WEIR, ['-t', '-c', file], { env });
    return { code: 0, stderr };
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && 'stderr' in error);
    return { code: error.code, stderr: String(error.stderr) };
  }
}

describe('weir -t', { concurrency: 4 }, () => {
  for (const [name, line, column, message] of BROKEN) {
    test(`${name}: the message with its line, and exit 1`, async () => {
      const file = join(FOLDER, `${name}.conf`);
      const { code, stderr } = await weirTest(file);
      const where = name === 'error-in-included-file' ? join(FOLDER, 'snippets/broken.inc') : file;
      const said = message.replaceAll('FOLDER', FOLDER);
      const expected = `weir: [emerg] ${said} in ${where}:${line}:${column}`;
      assert.ok(stderr.split('\n').includes(expected), stderr);
      assert.equal(code, 1);
    });
  }
});

test('every broken configuration is in the table, and most are more than a mistyped name', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.conf'));
  assert.deepEqual(files.sort(), BROKEN.map(([name]) => `${name}.conf`).sort());
  const others = BROKEN.filter(([, , , message]) => !message.startsWith('unknown directive'));
  assert.ok(files.length >= 40 && others.length >= 25);
});
