import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConfigNode } from '#src/schema/tree.ts';
import { buildModel } from './build.ts';
import { CHAPTERS } from './registry.ts';

const NAMES = CHAPTERS.flatMap(({ sets }) => sets.flatMap((set) => Object.values(set)))
  .map(({ name }) => name)
  .concat('gzip', 'sendfile', 'nonsense', 'include');

/** Words that mean something to some directive, and words that mean nothing to any. */
const word = fc
  .oneof(
    fc.constantFrom(
      'on',
      'off',
      '0',
      '1',
      '80',
      '5s',
      '8k',
      'auto',
      'shared',
      'main',
      'back',
      'a.test',
    ),
    fc.constantFrom('127.0.0.1:80', '[::1]:80', 'unix:/a', 'localhost', '*:81', 'default_server'),
    fc.constantFrom('/', '=', '/a', '~', '@x', 'http://back', 'http://127.0.0.1/b', '301', '$host'),
    fc.constantFrom(
      'weight=2',
      'backlog=5',
      'buffer=4k',
      'escape=json',
      '${host',
      '',
      'a b',
      '"',
      '__proto__',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  .map((text) => ({ text, line: 1, column: 1 }));

const node: fc.Arbitrary<ConfigNode> = fc.letrec<{ node: ConfigNode }>((tie) => ({
  node: fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.array(word, { maxLength: 4 }),
      fc.option(fc.array(tie('node'), { maxLength: 5 }), { nil: undefined, depthSize: 'small' }),
    )
    .map(([name, words, block]) => {
      const base = { name, words, file: 'f', line: 1, column: 1 };
      return block === undefined ? base : { ...base, block };
    }),
})).node;

/** Blocks in which directives have a meaning, so that most of what is tried is reached. */
const nodes = fc
  .tuple(fc.array(node, { maxLength: 4 }), fc.array(node, { maxLength: 4 }), fc.array(node))
  .map(([main, http, server]): ConfigNode[] => {
    const block = (name: string, inside: readonly ConfigNode[]): ConfigNode => {
      return { name, words: [], file: 'f', line: 1, column: 1, block: inside };
    };
    return [...main, block('http', [...http, block('server', server)])];
  });

test('any tree gives a model or says why not; nothing throws', () => {
  fc.assert(
    fc.property(nodes, (tree) => {
      const { model, problems } = buildModel({
        file: '/f',
        prefix: '/',
        nodes: tree,
        hosts: { localhost: ['127.0.0.1'] },
        errorLog: 'stderr',
        defaultPort: 80,
      });
      assert.equal(
        model === undefined,
        problems.some(({ severity }) => severity === 'emerg'),
      );
      for (const server of model?.servers ?? []) {
        for (const { handler } of server.locations) {
          if (handler.kind === 'proxy') assert.ok(model?.upstreams[handler.upstream ?? -1]);
        }
      }
    }),
    { numRuns: 500 },
  );
});
