// Patterns side by side with Debian's nginx (PCRE2): the same patterns, texts and captures.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Random } from '#test/fuzz/random.ts';
import { freePort } from '#test/support/free-port.ts';
import { findPeer, requirePeer } from '#test/support/peers.ts';
import { CASES } from './cases.contract.ts';
import { parsePattern } from './parser.ts';
import { compilePattern } from './pattern.ts';
import { randomPattern, randomText } from './random-pattern.contract.ts';
import { MAX_SWEEP_OPS, sweepExec } from './sweep.ts';
import type { SweepProgram } from './sweep-program.ts';
import { writeSweep } from './sweep-writer.ts';

interface Case {
  readonly source: string;
  readonly caseless: boolean;
  readonly texts: readonly string[];
}

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
const RANDOM_PATTERNS = 400;
const TEXTS_PER_PATTERN = 8;

/** Texts here are short: the sweep, which is for long ones, is asked as well. */
function checkSweep({ source, caseless }: Case, text: string, answer: string): void {
  const { root, captureCount } = parsePattern(source, caseless);
  let program: SweepProgram;
  try {
    program = writeSweep(root, captureCount, MAX_SWEEP_OPS);
  } catch {
    return; // an endless repetition of what can be empty is not for the sweep
  }
  const slots = new Int32Array(program.slotCount);
  let own = '0';
  if (sweepExec(program, text, slots)) {
    own = `1|${[1, 2, 3, 4].map((index) => captured(text, slots, index)).join('|')}`;
  }
  assert.equal(own, answer, `${source} on ${JSON.stringify(text)}`);
}

function captured(text: string, slots: Int32Array, index: number): string {
  const [from = -1, to = -1] = slots.subarray(2 * index);
  return to < 0 ? '' : text.slice(from, to);
}

/** What nginx says of a text: 1 and its captures, or 0. */
function weirAnswer({ source, caseless }: Case, text: string): string {
  const pattern = compilePattern(source, { caseless });
  if ('problem' in pattern) return pattern.problem;
  const captures = pattern.exec(text);
  assert.equal(pattern.test(text), captures !== undefined);
  if (captures === undefined) return '0';
  return `1|${[1, 2, 3, 4].map((index) => captures[index] ?? '').join('|')}`;
}

function quoted(source: string): string {
  return `"${source.replace(/[\\"]/g, '\\$&')}"`;
}

function configuration(port: number, folder: string, cases: readonly Case[]): string {
  const locations = cases.map(
    ({ source, caseless }, index) =>
      `location /${index}/ { if ($text ~${caseless ? '*' : ''} ${quoted(source)}) ` +
      `{ return 200 "1|$1|$2|$3|$4"; } return 200 "0"; }`,
  );
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 64; }
http {
  access_log off; keepalive_requests 1000000; merge_slashes off; types { } default_type text/plain;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e; variables_hash_max_size 8192;
  map $uri $text { volatile; "~^/[0-9]+/(?<rest>(?s:.*))\\z" $rest; }
  server { listen 127.0.0.1:${port}; ${locations.join('\n')} }
}`;
}

/** Every byte by its number, so that nothing of the text means anything to a URI. */
function encoded(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex').replace(/../g, '%$&');
}

/** Asks for all paths on one connection; gives the bodies in order. */
async function ask(port: number, paths: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  socket.write(requests.join(''));
  socket.setEncoding('latin1');
  const bodies: string[] = [];
  let rest = '';
  for await (const chunk of socket) {
    rest += chunk as string;
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(rest.slice(0, Math.max(0, headEnd)))?.[1];
      if (length === undefined || rest.length < headEnd + 4 + Number(length)) break;
      bodies.push(rest.slice(headEnd + 4, headEnd + 4 + Number(length)));
      rest = rest.slice(headEnd + 4 + Number(length));
    }
    if (bodies.length === paths.length) break;
  }
  return bodies;
}

describe('patterns beside nginx', requirePeer('nginx'), () => {
  const random = new Random(SEED);
  const generated: Case[] = Array.from({ length: RANDOM_PATTERNS }, () => ({
    source: randomPattern(random),
    caseless: random.below(3) === 0,
    texts: Array.from({ length: TEXTS_PER_PATTERN }, () => randomText(random)),
  }));
  const written: Case[] = CASES.map(([source, texts, caseless = false]) => ({
    source,
    texts,
    caseless,
  }));
  const accepted = generated.filter(
    ({ source, caseless }) => !('problem' in compilePattern(source, { caseless })),
  );
  const cases = [...written, ...accepted];
  const folder = mkdtempSync(join(tmpdir(), 'weir-pattern-'));
  let nginx: ChildProcess;
  let port = 0;

  before(async () => {
    port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configuration(port, folder, cases), 'latin1');
    nginx = spawn(findPeer('nginx') ?? '', ['-c', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const isUp = async () => (await ask(port, ['/0/a'])).length === 1;
    while (nginx.exitCode === null && !(await isUp().catch(() => false))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(nginx.exitCode, null, 'nginx took the configuration');
  });

  after(async () => {
    if (nginx.exitCode === null) {
      const end = once(nginx, 'exit');
      nginx.kill('SIGKILL');
      await end;
    }
    rmSync(folder, { recursive: true });
  });

  it(`captures what nginx captures (seed ${SEED})`, async (t) => {
    const pairs = cases.flatMap((one, index) =>
      one.texts.map((text) => ({ one, text, path: `/${index}/${encoded(text)}` })),
    );
    const answers = await ask(
      port,
      pairs.map(({ path }) => path),
    );
    assert.equal(answers.length, pairs.length);
    const differences = pairs
      .map(({ one, text }, at) => ({
        pattern: one.source,
        caseless: one.caseless,
        text,
        weir: weirAnswer(one, text),
        nginx: answers[at] ?? '',
      }))
      .filter(({ weir, nginx }) => weir !== nginx);
    const matched = answers.filter((answer) => answer.startsWith('1')).length;
    t.diagnostic(`${cases.length} patterns, ${pairs.length} pairs, ${matched} matched`);
    assert.ok(accepted.length > RANDOM_PATTERNS / 2, 'most generated patterns are accepted');
    assert.deepEqual(differences.slice(0, 20), [], `${differences.length} differences`);
    for (const [at, { one, text }] of pairs.entries()) checkSweep(one, text, answers[at] ?? '');
  });
});
