import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { ConfigNode } from '#src/schema/tree.ts';
import { packTree, unpackTree } from './packed-tree.ts';
import type { ConfigTree } from './tree.ts';

const number = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const word = fc.record(
  { text: fc.string({ unit: 'binary' }), line: number, column: number },
  { noNullPrototype: true },
);
const { node } = fc.letrec<{ node: ConfigNode }>((tie) => ({
  node: fc.record(
    {
      name: fc.string({ unit: 'binary' }),
      words: fc.array(word, { maxLength: 4 }),
      file: fc.constantFrom('/a.conf', '/b.conf'),
      line: number,
      column: number,
      block: fc.array(tie('node'), { maxLength: 3, depthIdentifier: 'block' }),
    },
    { requiredKeys: ['name', 'words', 'file', 'line', 'column'], noNullPrototype: true },
  ),
}));

function treeOf(nodes: readonly ConfigNode[]): ConfigTree {
  const hosts = { localhost: ['127.0.0.1'] };
  return { file: '/a.conf', prefix: '/', nodes, hosts, errorLog: 'stderr', defaultPort: 80 };
}

it('what was packed is what is unpacked', () => {
  fc.assert(
    fc.property(fc.array(node, { maxLength: 5 }), (nodes) => {
      assert.deepEqual(unpackTree(packTree(treeOf(nodes))), treeOf(nodes));
    }),
  );
});

it('a block that stands in two places is packed once, and is one object again', () => {
  const place = { file: '/a.conf', line: 1, column: 1 };
  const shared: ConfigNode = { name: 'allow', words: [], ...place };
  const server = (line: number): ConfigNode => {
    return { name: 'server', words: [], ...place, line, block: [shared] };
  };
  const packed = packTree(treeOf([server(1), server(2)]));
  assert.match(packed, /"nodeCount":3/);
  const { nodes } = unpackTree(packed);
  assert.equal(nodes[0]?.block?.[0], nodes[1]?.block?.[0]);
});
