import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreeList } from './free-list.ts';

class Note {
  text = '';

  reset(): void {
    this.text = '';
  }
}

describe('a free list', () => {
  it('gives back what was released, empty', () => {
    const list = new FreeList(() => new Note(), 2);
    const note = list.acquire();
    note.text = 'a secret';
    list.release(note);
    assert.equal(list.acquire(), note);
    assert.equal(note.text, '');
  });

  it('makes objects when it has none, and keeps no more than its capacity', () => {
    let made = 0;
    const list = new FreeList(() => {
      made += 1;
      return new Note();
    }, 2);
    const notes = [list.acquire(), list.acquire(), list.acquire()];
    assert.deepEqual([made, new Set(notes).size], [3, 3]);
    for (const note of notes) list.release(note);
    assert.equal(list.freeCount, 2);
    for (const note of [list.acquire(), list.acquire()]) assert.ok(notes.includes(note));
    assert.equal(list.freeCount, 0);
    assert.equal(made, 3);
  });
});
