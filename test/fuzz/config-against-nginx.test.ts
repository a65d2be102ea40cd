/** The same random text to nginx and to Weir: both must find the same thing first. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { findPeer, requirePeer } from '#test/support/peers.ts';

/** What decides how text is cut into words. ASCII: nginx shows half of a longer character. */
const confText = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'b', ' ', '\n', '\r\n', '\t', ';', '{', '}', '"', "'", '#', ')', '('),
      fc.constantFrom('$', '${', '$a{', '\\', '\\"', "\\'", '\\\\', '\\n', '\\ ', '\\;', '\\{'),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((parts) => parts.join(''));

/** nginx stops at the first finding: its text, or '' when there is none of these kinds. */
function nginxFinds(nginx: string, folder: string, text: string): string {
  const file = join(folder, 'x.conf');
  writeFileSync(file, text);
  const { stderr } = spawnSync(nginx, ['-t', '-c', file, '-e', join(folder, 'e.log')]);
  const said = /\[emerg\] ([\s\S]*?) in \S*x\.conf:\d+\n/.exec(stderr.toString())?.[1] ?? '';
  return comparable(said);
}

/** What Weir finds, of which the first is what nginx would have said. */
function weirFinds(text: string): string[] {
  const problems = new Problems();
  const [first] = parse(text, 'f', problems);
  const found = problems.list.map(({ message }) => comparable(message));
  return first === undefined ? found : [`unknown directive "${first.name}"`, ...found];
}

/** Weir says more about the end of a file than nginx does. */
function comparable(message: string): string {
  return message.startsWith('unexpected end of file') ? 'unexpected end of file' : message;
}

test('random text is cut into the same words', requirePeer('nginx'), () => {
  const nginx = findPeer('nginx') ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'));
  try {
    fc.assert(
      fc.property(confText, (text) => {
        const said = nginxFinds(nginx, folder, text);
        if (!/^un(known|expected)/.test(said)) return;
        const found = weirFinds(text);
        const expected = said.startsWith('unknown') ? found.slice(0, 1) : found.slice(0, 2);
        assert.ok(expected.includes(said), `${said} | ${found.join(' | ')}`);
      }),
      { numRuns: 150 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
