import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Arena, Outgoing, SHORT_ARENA_BYTES } from './gather.ts';

/** What one connection has gathered. */
interface Region {
  readonly memory: Buffer;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function gather(arena: Arena, text: string): Region {
  arena.reserve(text.length);
  arena.open();
  const from = arena.at;
  arena.text(text);
  return { memory: arena.bytes, from, to: arena.at, text };
}

const close = (arena: Arena, { from, memory, to }: Region): void => arena.close(memory, from, to);
const read = ({ from, memory, to }: Region): string => memory.toString('latin1', from, to);

describe('an arena', () => {
  it('has a region behind the other', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const regions = ['one', 'two', 'three'].map((text) => gather(arena, text));
    assert.deepEqual(
      regions.map(({ from, to }) => [from, to]),
      [
        [0, 3],
        [3, 6],
        [6, 11],
      ],
    );
    assert.deepEqual(regions.map(read), ['one', 'two', 'three']);
  });

  it('is empty when the last of them is closed, in whatever order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const arena = new Arena(SHORT_ARENA_BYTES);
      const regions = ['one', 'two', 'three'].map((text) => gather(arena, text));
      for (const index of order) {
        assert.notEqual(arena.at, 0);
        close(arena, regions[index] as Region);
      }
      assert.equal(arena.at, 0);
    }
  });

  it('gives back the room of the last region, and leaves that of others alone', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const [one, two, three] = [gather(arena, 'one'), gather(arena, 'two'), gather(arena, 'three')];
    close(arena, two);
    assert.equal(arena.at, three.to);
    close(arena, three);
    assert.equal(arena.at, three.from);
    const four = gather(arena, 'four');
    assert.deepEqual([one, four].map(read), ['one', 'four']);
  });

  it('keeps the view of a region at its start for the next one of that length', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const viewOf = ({ from, memory, to }: Region): Buffer => arena.viewOf(memory, from, to);
    const views = ['a'.repeat(20), 'b'.repeat(20), 'c'.repeat(36)].map((text) => {
      const region = gather(arena, text);
      const view = viewOf(region);
      assert.equal(view.toString('latin1'), text);
      close(arena, region);
      return view;
    });
    assert.equal(views[0], views[1]);
    assert.notEqual(views[1], views[2], '20 and 36 differ by the number of views that are kept');
    const [first, behind] = [gather(arena, 'd'.repeat(20)), gather(arena, 'e'.repeat(20))];
    assert.deepEqual(
      [first, behind].map((one) => String(viewOf(one))),
      [first.text, behind.text],
    );
  });

  it('gives no view of memory that a write has kept', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const one = gather(arena, 'one');
    const waits = arena.viewOf(one.memory, one.from, one.to);
    arena.abandon();
    assert.equal(arena.viewOf(one.memory, one.from, one.to).buffer, waits.buffer);
    const two = gather(arena, 'two');
    assert.equal(String(arena.viewOf(two.memory, two.from, two.to)), 'two');
    assert.equal(String(waits), 'one');
  });

  it('leaves open regions to who has them, when it takes other memory', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const one = gather(arena, 'one');
    arena.abandon();
    assert.equal(arena.at, 0);
    const two = gather(arena, 'two');
    assert.notEqual(one.memory, two.memory);
    assert.deepEqual([one, two].map(read), ['one', 'two']);
    close(arena, one);
    assert.equal(arena.at, two.to, 'a region of other memory gives no room back');
    const three = gather(arena, 'three');
    assert.deepEqual([two, three].map(read), ['two', 'three']);
    close(arena, two);
    close(arena, three);
    assert.equal(arena.at, 0);
  });

  it('takes other memory when it is full, as much as is needed', () => {
    const arena = new Arena(SHORT_ARENA_BYTES);
    const one = gather(arena, '1'.repeat(arena.bytes.length - 1));
    assert.equal(arena.hasRoom(1), true);
    assert.equal(arena.hasRoom(2), false);
    const two = gather(arena, '22');
    assert.notEqual(two.memory, one.memory);
    const three = gather(arena, '3'.repeat(400_000));
    for (const region of [one, two, three]) assert.equal(read(region), region.text);
    assert.equal(arena.view.buffer, arena.bytes.buffer);
  });

  it('never gives the bytes of an open region to another', () => {
    const step = fc.record({
      length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100_000 })),
      closes: fc.nat(5),
      index: fc.nat(100),
      abandons: fc.nat(9).map((one) => one === 0),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const arena = new Arena(SHORT_ARENA_BYTES);
        let open: Region[] = [];
        for (const [count, { abandons, closes, index, length }] of steps.entries()) {
          if (abandons) arena.abandon();
          open.push(gather(arena, String.fromCharCode(count + 1).repeat(length)));
          for (const region of open) assert.equal(read(region), region.text);
          for (let i = 0; i < closes && open.length > 0; i++) {
            close(arena, ...(open.splice(index % open.length, 1) as [Region]));
          }
          if (open.length === 0) assert.equal(arena.at, 0);
        }
        while (open.length > 0) close(arena, open.pop() as Region);
        assert.equal(arena.at, 0);
        open = [];
      }),
      { numRuns: 40 },
    );
  });
});

describe('what goes out', () => {
  it('is what the region holds, of any length that it takes', () => {
    const [arena, outgoing] = [new Arena(SHORT_ARENA_BYTES), new Outgoing()];
    gather(arena, '....');
    for (const length of [0, 1, 7, 8, 9, 500, 512, 513, 4_095, 4_096]) {
      assert.equal(outgoing.takes(length), true);
      const region = gather(arena, `${length % 10}`.repeat(length));
      const bytes = outgoing.copyOf(arena, region.from, region.to);
      assert.equal(bytes.toString('latin1'), region.text);
    }
    assert.equal(outgoing.takes(4_097), false);
  });

  it('is a copy: the region may be used anew before it has left', () => {
    const [arena, outgoing] = [new Arena(SHORT_ARENA_BYTES), new Outgoing()];
    const region = gather(arena, 'as it was');
    const bytes = outgoing.copyOf(arena, region.from, region.to);
    region.memory.fill('#');
    assert.equal(bytes.toString('latin1'), 'as it was');
  });

  it('has one view per length', () => {
    const [arena, outgoing] = [new Arena(SHORT_ARENA_BYTES), new Outgoing()];
    gather(arena, 'first second');
    const first = outgoing.copyOf(arena, 0, 5);
    outgoing.copyOf(arena, 0, 6);
    assert.equal(outgoing.copyOf(arena, 6, 11), first);
    assert.equal(first.toString('latin1'), 'secon');
  });

  it('stays as it is when it was given up', () => {
    const [arena, outgoing] = [new Arena(SHORT_ARENA_BYTES), new Outgoing()];
    gather(arena, 'first second');
    const kept = outgoing.copyOf(arena, 0, 5);
    outgoing.abandon();
    for (const [from, to] of [
      [6, 11],
      [0, 12],
    ] as const) {
      const bytes = outgoing.copyOf(arena, from, to);
      assert.notEqual(bytes.buffer, kept.buffer);
    }
    assert.equal(kept.toString('latin1'), 'first');
  });
});
