import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemClock } from '#src/base/clock.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import { comparable } from '#test/support/comparable.ts';
import { treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';
import type { Model } from './model.ts';
import { PackedModel, packModel } from './packed-model.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['test/config/good', 'test/config/doubtful'].map((folder) => join(ROOT, folder));
const CORPUS = [
  ...FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
  join(ROOT, 'conf/weir.conf'),
];
/** In the order in which servers were asked for; nothing else depends on it. */
const NUMBERS: ReadonlySet<string> = new Set(['number']);

/** What the master has of a text, and what it is in a thread. */
function bothOf(text: string): { built: Model; opened: Model } {
  const tree = treeOf(text);
  const { model, problems } = buildModel(tree);
  assert.ok(model !== undefined, JSON.stringify(problems));
  return { built: model, opened: open(packModel(tree, model)) };
}

function open(packed: Buffer): Model {
  const { buffer } = new Uint8Array(new SharedArrayBuffer(packed.length));
  const shared = Buffer.from(buffer);
  packed.copy(shared);
  const model = new PackedModel(shared);
  // As a thread does, which has not loaded the code then.
  const compile = model.hasPatterns ? compilePattern : () => ({ problem: 'not loaded' });
  return model.open(new SystemClock(), new FunctionHost([]), compile);
}

/** With all that is in its servers, which were asked for it in that order. */
function whole(model: Model, isBackwards: boolean): object {
  const order = isBackwards ? model.servers.toReversed() : model.servers;
  for (const server of order) assert.ok(server.fallback);
  const servers = model.servers.map(
    ({ conditional, fallback, isLogged, listens, locations, names, place }) => {
      return { conditional, fallback, isLogged, listens, locations, names, place };
    },
  );
  return { ...model, servers };
}

for (const file of CORPUS) {
  test(`a thread has what the master has built: ${file.slice(ROOT.length + 1)}`, () => {
    const text = readFileSync(file, 'utf8');
    const { built, opened } = bothOf(text);
    const expected = whole(built, false);
    assert.deepEqual(comparable(whole(opened, false), new Set()), comparable(expected, new Set()));
    assert.deepEqual(
      comparable(whole(bothOf(text).opened, true), NUMBERS),
      comparable(expected, NUMBERS),
    );
  });
}

test('upstreams that addresses imply have the same ids, whichever server is asked first', () => {
  const { built, opened } = bothOf(`http {
    upstream u { server 192.0.2.1; }
    server { server_name a; location / { proxy_pass http://192.0.2.2; } }
    server { server_name b; location / { proxy_pass http://192.0.2.3:80; }
      location /u { proxy_pass http://U; } location /x { proxy_pass http://unix:/s; } }
    server { server_name c; location / { proxy_pass http://192.0.2.3; } }
  }`);
  const idsOf = ({ servers }: Model): unknown[] => {
    const all = servers.toReversed().map(({ locations }) => locations);
    return all.map((some) => some.map(({ handler }) => 'upstream' in handler && handler.upstream));
  };
  assert.deepEqual(idsOf(built), [[2], [2, 0, 3], [1]]);
  assert.deepEqual(idsOf(opened), idsOf(built));
  assert.deepEqual(opened.upstreams, built.upstreams);
});

test('what a later server says about a log file holds for an earlier one that is asked first', () => {
  const { opened } = bothOf(`http {
    server { server_name a; access_log /l/a.log; }
    server { server_name b; access_log /l/a.log combined buffer=4k flush=7s; }
  }`);
  const [first] = opened.servers;
  const [log] = first?.fallback.log.accessLogs ?? [];
  assert.equal(log?.output.kind === 'file' && log.output.file.bufferBytes, 4096);
  assert.equal(log?.output.kind === 'file' && log.output.file, opened.accessLogFiles[0]);
});

test('a server that is written once and included twice is two servers', () => {
  const tree = treeOf('http { server { listen 81; server_name a ~^b; return 200; } }');
  const [http] = tree.nodes;
  const [server] = http?.block ?? [];
  assert.ok(http !== undefined && server !== undefined);
  const twice = { ...tree, nodes: [{ ...http, block: [server, server] }] };
  const { model } = buildModel(twice);
  assert.ok(model);
  const opened = open(packModel(twice, model));
  assert.deepEqual(
    comparable(whole(opened, false), new Set()),
    comparable(whole(model, false), new Set()),
  );
});
