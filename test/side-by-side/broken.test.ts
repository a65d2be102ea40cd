// Configurations of which one word, directive or place is wrong: what nginx refuses, Weir refuses, and
// what nginx accepts all the same, Weir accepts, unless docs/differences.md says that it is stricter.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { type Problem, Problems } from '#src/schema/problem.ts';
import { Random } from '#test/fuzz/random.ts';
import { findPeer, requirePeer } from '#test/support/peers.ts';
import { breakOne } from './break.ts';
import { render } from './conf-node.ts';
import { randomConfiguration } from './random-configuration.ts';

const SEED = 7;
const CONFIGURATIONS = 300;

/** Where Weir is stricter, by what it says; docs/differences.md has a row for each. */
const STRICTER = [
  /^could not find named location/,
  /^invalid URI .* in "error_page" directive$/,
  /^duplicate location "@/,
  /^invalid (?:path|regular expression) "(?:=|\^~|~\*?|)" in "location" directive$/,
  // Of a location whose path is none.
  /^location ".*" cannot be inside the exact location ""$/,
  /^invalid field name "" in "proxy_(?:hide|pass|set)_header" directive$/,
  /^invalid parameter .* in "proxy_cookie_flags" directive$/,
];

/** What nginx says first; '' when it accepts the file. */
function nginxSays(folder: string, text: string): string {
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `events {} pid ${join(folder, 'pid')};\nhttp {\n${text}}\n`);
  const args = ['-t', '-q', '-p', folder, '-c', file, '-e', 'stderr'];
  const { stderr } = spawnSync(findPeer('nginx') ?? '', args);
  return /\[emerg\] [^:]*: (.*?)(?: in \S+:\d+)?\n/.exec(stderr.toString())?.[1] ?? '';
}

/** What Weir says, without its warnings. */
function weirSays(text: string): string[] {
  const problems = new Problems();
  const nodes = parse(`events {}\nhttp {\n${text}}\n`, 'weir.conf', problems);
  const tree = { file: '/weir.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { problems: built } = buildModel({ ...tree, defaultPort: 80 });
  const isError = ({ severity }: Problem): boolean => severity !== 'warn';
  return [...problems.list, ...built].filter(isError).map(({ message }) => message);
}

function filled(text: string): string {
  return text
    .replaceAll('HERE:PORT_A', '127.0.0.1:12345')
    .replaceAll('HERE:PORT_B', '127.0.0.1:12346')
    .replaceAll('ORIGIN', '127.0.0.1:12347')
    .replaceAll('DEAD', '127.0.0.9:9');
}

test('broken configurations are refused by both', requirePeer('nginx'), (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-broken-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const found: string[] = [];
  let refused = 0;
  for (let index = 0; index < CONFIGURATIONS; index++) {
    const random = new Random(SEED * 1_000_003 + index);
    const { nodes, what } = breakOne(randomConfiguration(SEED, index).nodes, random);
    const text = filled(render(nodes));
    const nginx = nginxSays(folder, text);
    const weir = weirSays(text);
    if (nginx !== '' && weir.length > 0) refused += 1;
    else if (nginx !== '') found.push(`${index} (${what}): nginx alone says ${nginx}`);
    else if (weir.some((message) => !STRICTER.some((reason) => reason.test(message)))) {
      found.push(`${index} (${what}): Weir alone says ${weir.join(' / ')}`);
    }
  }
  t.diagnostic(`seed ${SEED}: ${refused} of ${CONFIGURATIONS} are refused by both`);
  assert.deepEqual(found, []);
  assert.ok(refused > CONFIGURATIONS / 3);
});
