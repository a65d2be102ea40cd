import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { FileSource } from './file-source.ts';
import { HttpSource } from './http-source.ts';
import { QUIET_MS, Settling } from './settling.ts';
import { SourceKeeper, type SourceNews } from './source-keeper.ts';

const PLACE = { file: 'weir.conf', line: 1, column: 1 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A keeper whose lists and lines a test can wait for, and time that it moves. */
function stage() {
  const lists: string[][] = [];
  const lines: string[] = [];
  const news: SourceNews[] = [];
  let tell = (): void => undefined;
  const keeper = new SourceKeeper(
    'u',
    'p',
    {
      replace: (_source, list) => {
        lists.push(list.map(({ name }) => name));
        tell();
        return { added: [], removed: [], left: 0, refused: '' };
      },
      countOf: () => lists.at(-1)?.length ?? 0,
    },
    {
      say: (_level, line) => {
        lines.push(line.replace('upstream "u", p: ', ''));
        tell();
      },
      tell: (one) => news.push(one),
    },
  );
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const step = async (): Promise<void> => {
    clock.advanceMs(50);
    wheel.advance();
    await turn();
  };
  return {
    keeper,
    lists,
    lines,
    news,
    step,
    surroundings: { wheel, random: new RandomBits(1) },
    /** Until the next list or line, without any time going by. */
    next: () => {
      return new Promise<void>((resolve) => {
        tell = resolve;
      });
    },
    /** Time goes by until it is so. */
    until: async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await step();
    },
  };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-files-'));
  closers.push(() => rmSync(path, { recursive: true }));
  return path;
}

function watch(pattern: string) {
  const own = stage();
  const config = { kind: 'file', pattern, intervalMs: 1_000, place: PLACE } as const;
  const source = new FileSource(config, own.surroundings, own.keeper);
  closers.push(() => source.close());
  source.start();
  return own;
}

test('files: all of a pattern together; changes, new and removed files', async () => {
  const path = folder();
  writeFileSync(join(path, 'a.list'), '10.0.0.1:80\n');
  writeFileSync(join(path, 'b.list'), '["10.0.0.2:80"]');
  const { lists, until } = watch(join(path, '*.list'));
  await until(() => lists.length === 1);
  assert.deepEqual(lists.at(-1), ['10.0.0.1:80', '10.0.0.2:80']);
  writeFileSync(join(path, 'a.list'), '10.0.0.3:80\n10.0.0.4:80\n');
  await until(() => lists.length === 2);
  assert.deepEqual(lists.at(-1), ['10.0.0.3:80', '10.0.0.4:80', '10.0.0.2:80']);
  writeFileSync(join(path, 'c.list'), '10.0.0.5:80\n');
  rmSync(join(path, 'b.list'));
  await until(() => lists.at(-1)?.includes('10.0.0.5:80') === true);
  assert.deepEqual(lists.at(-1), ['10.0.0.3:80', '10.0.0.4:80', '10.0.0.5:80']);
});

test('a file: one that cannot be read as a list, is gone, or empty, leaves all as it was', async () => {
  const path = folder();
  const file = join(path, 'servers.json');
  writeFileSync(file, '["10.0.0.1:80"]');
  const { lines, lists, until } = watch(file);
  await until(() => lists.length === 1);
  writeFileSync(file, '["10.0.0.1:80", "10.0');
  await until(() => lines.some((line) => /is no list: .*; its last 1 servers are kept/.test(line)));
  writeFileSync(file, '[]');
  await until(() => lines.some((line) => /^it names no server; its last 1/.test(line)));
  rmSync(file);
  await until(() => lines.some((line) => /^no file matches .*; its last 1/.test(line)));
  assert.equal(lists.length, 1);
  writeFileSync(join(path, 'next'), '["10.0.0.9:80"]');
  renameSync(join(path, 'next'), file);
  await until(() => lists.length === 2);
  assert.deepEqual(lists.at(-1), ['10.0.0.9:80']);
  writeFileSync(file, 'empty;');
  await until(() => lists.length === 3);
  assert.deepEqual(lists.at(-1), []);
});

test('a file: bad entries are named once, and the others taken', async () => {
  const file = join(folder(), 'servers');
  writeFileSync(file, 'nonsense here\n10.0.0.1:80\n');
  const { lines, lists, step, until } = watch(file);
  await until(() => lists.length === 1);
  assert.deepEqual(lists.at(-1), ['10.0.0.1:80']);
  for (let i = 0; i < 100; i++) await step();
  assert.equal(lines.filter((line) => line.startsWith('skipped:')).length, 1);
});

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

async function poll(respond: Respond, given: { maxBytes?: number } = {}) {
  const own = stage();
  const asked: (string | undefined)[] = [];
  const web = { respond };
  const server = createServer((request, response) => {
    asked.push(request.headers['if-none-match']);
    web.respond(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/servers`;
  const config = { kind: 'http', url, intervalMs: 5_000, timeoutMs: 2_000, place: PLACE } as const;
  const source = new HttpSource(
    { ...config, maxBytes: 1_000, ...given },
    own.surroundings,
    own.keeper,
  );
  closers.push(
    () => source.close(),
    () => server.close(),
    () => server.closeAllConnections(),
  );
  source.start();
  return { ...own, asked, web };
}

test('a URL: taken, then asked with its ETag', async () => {
  const list = ['10.0.0.1:80'];
  const { asked, lists, until } = await poll((request, response) => {
    const etag = `"${list.length}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(JSON.stringify(list));
  });
  await until(() => asked.length === 3);
  assert.deepEqual(asked, [undefined, '"1"', '"1"']);
  assert.deepEqual(lists, [['10.0.0.1:80']]);
  list.push('10.0.0.2:80');
  await until(() => lists.length === 2);
  assert.deepEqual(lists.at(-1), ['10.0.0.1:80', '10.0.0.2:80']);
});

for (const [what, respond, why] of [
  ['500', (_, response) => response.writeHead(500).end('["10.0.0.9:80"]'), /^the answer is 500;/],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/x' }).end(), /is 302;/],
  ['HTML', (_, response) => response.end('[<html>'), /^the answer is no list: /],
  ['too much', (_, response) => response.end(`["${'x'.repeat(2_000)}"]`), /longer than 1000 bytes/],
  [
    'half of it',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('["10.');
      setImmediate(() => response.destroy());
    },
    /^aborted;/,
  ],
  ['a 304 to nothing', (_, response) => response.writeHead(304).end(), /^the answer is 304;/],
] as const satisfies readonly (readonly [string, Respond, RegExp])[]) {
  test(`a URL that answers with ${what}: told, asked again later, then taken`, async () => {
    const { lines, lists, next, until, web } = await poll(respond);
    if (lines.length === 0) await next();
    assert.match(lines[0] ?? '', why);
    assert.equal(lists.length, 0);
    web.respond = (_, response) => response.end('["10.0.0.1:80"]');
    await until(() => lists.length === 1);
  });
}

test('a URL that does not answer: given up, and asked again', async () => {
  const { asked, lines, lists, step, until, web } = await poll(() => undefined);
  while (asked.length === 0) await turn();
  for (let i = 0; i < 41; i++) await step();
  assert.match(lines[0] ?? '', /^no answer within 2000 ms; it has no servers yet/);
  web.respond = (_, response) => response.end('["10.0.0.1:80"]');
  await until(() => lists.length === 1);
});

test('a storm costs one change; however long it lasts, one each second', async () => {
  const { step, surroundings } = stage();
  const taken: number[] = [];
  const settling = new Settling<number>(surroundings.wheel, (value) => taken.push(value));
  for (let i = 0; i < 1_000; i++) settling.offer(i);
  assert.deepEqual(taken, []);
  for (let ms = 0; ms <= QUIET_MS; ms += 50) await step();
  assert.deepEqual(taken, [999]);
  for (let i = 0; i < 100; i++) {
    settling.offer(i); // five seconds of it
    await step();
  }
  assert.ok(taken.length >= 4 && taken.length <= 7, `${taken.length}`);
});
