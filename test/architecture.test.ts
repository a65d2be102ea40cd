import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import {
  architectureProblems,
  importsOf,
  KIND_FOLDERS,
  LAYERS,
} from '#test/support/architecture.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const find = (pattern: string) => globSync(pattern, { cwd: ROOT }).sort();

/** What the checker must refuse, and a word of why. Nothing of this is in the tree. */
const PLANTED: readonly [name: string, path: string, source: string, reason: RegExp][] = [
  [
    'an upward import',
    'src/http/planted.ts',
    `import { Router } from '#src/routing/router.ts';`,
    /upward/,
  ],
  [
    'an upward type import',
    'src/base/planted.ts',
    `import type { Model } from '#src/config/model.ts';`,
    /upward/,
  ],
  [
    'an upward re-export',
    'src/base/planted.ts',
    `export { scan } from '#src/bytes/scan.ts';`,
    /upward/,
  ],
  [
    'an upward dynamic import',
    'src/base/planted.ts',
    `const m = await import('#src/http/date.ts');`,
    /upward/,
  ],
  [
    'an import of workers from src',
    'src/server/planted.ts',
    `import { x } from '#workers/master.ts';`,
    /upward/,
  ],
  [
    'a sideways import',
    'src/codecs/h1/planted.ts',
    `import { dial } from '#src/transport/connection.ts';`,
    /sideways/,
  ],
  [
    'a sideways import inside upstream',
    'src/upstream/pool/planted.ts',
    `import { b } from '#src/upstream/balancers/balancer.ts';`,
    /sideways/,
  ],
  ['node:net in a codec', 'src/codecs/h1/planted.ts', `import net from 'node:net';`, /node:net/],
  [
    'node:dns/promises in http',
    'src/http/planted.ts',
    `import dns from 'node:dns/promises';`,
    /node:dns/,
  ],
  [
    'several lines of import',
    'src/codecs/planted.ts',
    `import {\n  connect,\n  type Socket,\n} from 'node:tls';`,
    /node:tls/,
  ],
  [
    'threads in src',
    'src/server/planted.ts',
    `import { Worker } from 'node:worker_threads';`,
    /workers/,
  ],
  [
    'processes in src',
    'src/admin/planted.ts',
    `import { fork } from 'node:child_process';`,
    /workers/,
  ],
  [
    'the end of the process in src',
    'src/server/planted.ts',
    'if (broken) process.exit(1);',
    /workers/,
  ],
  ['arguments in src', 'src/config/planted.ts', 'const [, , file] = process.argv;', /workers/],
  ['a signal in src', 'src/server/planted.ts', `process.on('SIGHUP', reload);`, /workers/],
  [
    'an import by ../',
    'src/codecs/h1/planted.ts',
    `import { Sink } from '../codec.ts';`,
    /leaves its folder/,
  ],
  [
    'an import by ../ in a test',
    'src/http/planted.test.ts',
    `import { x } from '../base/clock.ts';`,
    /leaves its folder/,
  ],
  [
    'an import of a sub-folder by ./',
    'src/codecs/planted.ts',
    `import { x } from './h1/states.ts';`,
    /another folder/,
  ],
  [
    'a kind imported from outside',
    'src/proxy/planted.ts',
    `import { waf } from '#src/filters/waf/waf.ts';`,
    /only src\/filters\/index\.ts/,
  ],
  [
    'a kind imported by another kind',
    'src/filters/cache/planted.ts',
    `import { waf } from '#src/filters/waf/waf.ts';`,
    /only src\/filters\/index\.ts/,
  ],
  [
    'a folder without a layer',
    'src/utilities/planted.ts',
    `import { x } from '#src/base/clock.ts';`,
    /no layer/,
  ],
  [
    'an instrument in the program',
    'src/server/planted.ts',
    `import { x } from '#native-bench/load/load.ts';`,
    /no layer/,
  ],
  [
    'a package that is not shipped',
    'src/base/planted.ts',
    `import fc from 'fast-check';`,
    /no dependency/,
  ],
  [
    'a promise on the data path',
    'src/proxy/planted.ts',
    '/** Data path. */\nasync function serve() {}',
    /no promise/,
  ],
  [
    'a timer object on the data path',
    'src/proxy/planted.ts',
    '/**\n * Data path. More.\n */\nsetTimeout(giveUp, 1000);',
    /timer/,
  ],
  [
    'results written by the program',
    'workers/planted.ts',
    `writeFileSync('results/today.json', text);`,
    /results/,
  ],
];

/** What it must let pass. */
const ALLOWED: readonly [name: string, path: string, source: string][] = [
  ['a downward import', 'src/http/fine.ts', `import { now } from '#src/base/clock.ts';`],
  ['the same folder', 'src/http/fine.ts', `import { now } from './date.ts';`],
  ['node:net in transport', 'src/transport/fine.ts', `import net from 'node:net';`],
  ['node:dns above transport', 'src/upstream/endpoint/fine.ts', `import dns from 'node:dns';`],
  ['node:net in a codec test', 'src/codecs/h1/fine.test.ts', `import net from 'node:net';`],
  [
    'threads in workers',
    'workers/fine.ts',
    `import { Worker } from 'node:worker_threads';\nprocess.exit(0);`,
  ],
  ['a kind in its list', 'src/filters/index.ts', `import { waf } from '#src/filters/waf/waf.ts';`],
  [
    "a kind's directives in config",
    'src/config/fine.ts',
    `import { d } from '#src/filters/waf/directives.ts';`,
  ],
  [
    'an upward import in a comment',
    'src/base/fine.ts',
    `/** see\n import x from '#src/http/date.ts' */\n// import y from '#src/http/date.ts'`,
  ],
];

describe('the architecture checker', () => {
  for (const [name, path, source, reason] of PLANTED) {
    it(`refuses ${name}`, () => {
      const problems = architectureProblems(path, source);
      assert.equal(problems.length, 1, problems.join('; '));
      assert.match(problems.join(), reason);
    });
  }
  for (const [name, path, source] of ALLOWED) {
    it(`allows ${name}`, () => {
      assert.deepEqual(architectureProblems(path, source), []);
    });
  }
});

describe('the tree', () => {
  const modules = find('{src,workers,native-bench,scenarios,test}/**/*.ts');
  const manifest = JSON.parse(read('package.json')) as { dependencies?: Record<string, string> };
  const dependencies = Object.keys(manifest.dependencies ?? {});

  it('has modules to check, in every top-level folder of programs', () => {
    for (const folder of ['src', 'workers', 'native-bench', 'scenarios', 'test']) {
      assert.ok(
        modules.some((path) => path.startsWith(`${folder}/`)),
        `no module found in ${folder}/`,
      );
    }
  });

  for (const path of modules.filter((path) => path !== 'test/architecture.test.ts')) {
    it(`${path} keeps to the architecture`, () => {
      assert.deepEqual(architectureProblems(path, read(path), { dependencies }), []);
    });
  }

  it('lists every kind in the index.ts beside it', () => {
    for (const folder of KIND_FOLDERS.filter((path) => existsSync(join(ROOT, path)))) {
      const kinds = readdirSync(join(ROOT, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `#${folder}/${entry.name}/`);
      const listed = importsOf(read(`${folder}/index.ts`));
      const missing = kinds.filter((kind) => !listed.some((path) => path.startsWith(kind)));
      assert.deepEqual(missing, [], `${folder}/index.ts lists all kinds`);
    }
  });

  it('names in its documents only paths that exist', () => {
    const top = 'src|workers|native-bench|scenarios|results|test|docs|conf|bin|packaging|\\.ci';
    const quoted = new RegExp(`\`((?:${top})/[^\`\\s*{]*)\``, 'g');
    for (const document of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
      const paths = [...read(document).matchAll(quoted)].map(([, path]) => path ?? '');
      const gone = paths.filter((path) => !existsSync(join(ROOT, path)));
      assert.deepEqual(gone, [], `${document} names paths that do not exist`);
    }
  });

  it('draws in ARCHITECTURE.md the layers that the checker knows', () => {
    const text = read('ARCHITECTURE.md');
    const folders = LAYERS.flat().filter((folder) =>
      modules.some((path) => path === folder || path.startsWith(`${folder}/`)),
    );
    assert.ok(folders.length > 0);
    const absent = folders.filter((folder) => !text.includes(`\`${folder}\``));
    assert.deepEqual(absent, []);
  });
});
