import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { countLines, emptyLog, logShows } from './log-lines.ts';

it('counts the lines of a log that is emptied between runs, and waits for late ones', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'access.log');
  emptyLog(path); // not there yet
  appendFileSync(path, 'a\nb\n');
  assert.equal(await countLines(path, 2), 2);
  assert.equal(await countLines(path, 1), 2);
  emptyLog(path);
  assert.equal(readFileSync(path, 'latin1'), '');
  const late = countLines(path, 1);
  const shown = logShows(path, 'GET /u');
  appendFileSync(path, '"GET /u HTTP/1.1"\n');
  assert.equal(await late, 1);
  assert.equal(await shown, true);
  assert.equal(await countLines(path, 2), 1); // gives up
});
