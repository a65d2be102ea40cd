import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Stack } from './stack.ts';

interface Item {
  readonly name: number;
}

describe('a stack', () => {
  it('does what an array does', () => {
    const operation = fc.constantFrom('push', 'push', 'pop', 'takeOldest', 'remove');
    const step = fc.tuple(operation, fc.nat({ max: 20 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const stack = new Stack<Item>();
        const array: Item[] = [];
        for (const [kind, name] of steps) {
          const item = array[name] ?? { name };
          if (kind === 'push') {
            array.push({ name });
            stack.push(array.at(-1) as Item);
          } else if (kind === 'pop') assert.equal(stack.pop(), array.pop());
          else if (kind === 'takeOldest') assert.equal(stack.takeOldest(), array.shift());
          else {
            const at = array.lastIndexOf(item);
            if (at >= 0) array.splice(at, 1);
            assert.equal(stack.remove(item), at >= 0);
          }
          assert.equal(stack.size, array.length);
        }
        while (array.length > 0) assert.equal(stack.pop(), array.pop());
        assert.equal(stack.pop(), undefined);
      }),
    );
  });

  it('holds nothing that it gave away', async () => {
    const stack = new Stack<Item>();
    const gone = [() => stack.pop(), () => stack.takeOldest()].flatMap((take) => {
      return fillAndEmpty(stack, take);
    });
    await new Promise((resolve) => setImmediate(resolve)); // a WeakRef lives until the turn ends
    collectGarbage();
    const left = gone.filter((ref) => ref.deref() !== undefined);
    assert.deepEqual([left.length, stack.size], [0, 0]);
  });
});

function fillAndEmpty(stack: Stack<Item>, take: () => Item | undefined): WeakRef<Item>[] {
  const items = [0, 1, 2].map((name) => ({ name }));
  for (const item of items) stack.push(item);
  while (take() !== undefined);
  return items.map((item) => new WeakRef(item));
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
