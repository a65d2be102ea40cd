import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { ConfigNode } from '#src/schema/tree.ts';
import { NodePacker, PackedNodes } from './packed-tree.ts';

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

const PLACE = { file: '/a.conf', line: 1, column: 1 };

function unpacked(packer: NodePacker): PackedNodes {
  return new PackedNodes(packer.bytes.slice(), packer.texts);
}

it('what was packed is what is unpacked, in any order', () => {
  fc.assert(
    fc.property(fc.array(node, { maxLength: 5 }), (nodes) => {
      const packer = new NodePacker();
      const places = nodes.map((one) => packer.add(one));
      const packed = unpacked(packer);
      const backwards = places.toReversed().map((place) => packed.nodeAt(place));
      assert.deepEqual(backwards.toReversed(), nodes);
    }),
  );
});

it('many nodes take as much room as they need', () => {
  const packer = new NodePacker();
  const nodes = Array.from({ length: 20_000 }, (_, line) => {
    return { name: `n${line}`, words: [], ...PLACE, line };
  });
  const place = packer.add({ name: 'http', words: [], ...PLACE, block: nodes });
  assert.deepEqual(unpacked(packer).nodeAt(place).block, nodes);
});

it('a node that stands in two places is one object again, whoever is asked for first', () => {
  const deep: ConfigNode = { name: 'allow', words: [], ...PLACE };
  const shared: ConfigNode = { name: 'location', words: [], ...PLACE, block: [deep] };
  const server = (line: number, block: ConfigNode[]): ConfigNode => {
    return { name: 'server', words: [], ...PLACE, line, block };
  };
  const servers = [server(1, [shared]), server(2, [shared, deep]), server(3, [])];
  for (const order of [
    [0, 1, 2],
    [1, 0, 2],
    [2, 1, 0],
  ]) {
    const packer = new NodePacker();
    const places = servers.map((one) => packer.add(one));
    assert.equal(packer.add(shared), packer.add(shared));
    const packed = unpacked(packer);
    const read = new Map(order.map((at) => [at, packed.nodeAt(places[at] ?? -1)]));
    assert.deepEqual(read.get(0), servers[0]);
    assert.deepEqual(read.get(1), servers[1]);
    assert.equal(read.get(0)?.block?.[0], read.get(1)?.block?.[0]);
    assert.equal(read.get(0)?.block?.[0]?.block?.[0], read.get(1)?.block?.[1]);
  }
});
