import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Linked, LinkedList } from './linked-list.ts';
import { RandomBits } from './random-bits.ts';

class Member implements Linked<Member> {
  before: Member | undefined = undefined;
  after: Member | undefined = undefined;
  isLinked = false;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

describe('a linked list', () => {
  it('is empty at first, and a stranger cannot leave it', () => {
    const list = new LinkedList<Member>();
    assert.deepEqual([list.size, list.first, list.toArray()], [0, undefined, []]);
    assert.equal(list.remove(new Member(1)), false);
    assert.equal(list.size, 0);
  });

  it('keeps the order, whoever leaves, as a Set does', () => {
    const seed = 20_261_122;
    const random = new RandomBits(seed);
    const list = new LinkedList<Member>();
    const set = new Set<Member>();
    const members = Array.from({ length: 12 }, (_, name) => new Member(name));
    for (let step = 0; step < 5_000; step++) {
      const member = members[random.next() % members.length] as Member;
      if (set.has(member)) {
        set.delete(member);
        assert.equal(list.remove(member), true, `seed ${seed}, step ${step}`);
        assert.deepEqual([member.before, member.after], [undefined, undefined]);
      } else {
        set.add(member);
        list.add(member);
      }
      assert.deepEqual(list.toArray(), [...set], `seed ${seed}, step ${step}`);
      assert.equal(list.size, set.size);
      assert.equal(list.first, [...set][0]);
    }
  });

  it('lets go of who has left while others are gone through', () => {
    const list = new LinkedList<Member>();
    const members = [1, 2, 3].map((name) => new Member(name));
    for (const member of members) list.add(member);
    for (const member of list.toArray()) assert.equal(list.remove(member), true);
    assert.deepEqual([list.size, list.toArray()], [0, []]);
  });
});
