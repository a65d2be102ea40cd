import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterTurn, atTurnEnd, type TurnEnd } from './turn.ts';

/** Writes its name down at the end of the turn. */
function member(log: string[], name: string, then?: () => void): TurnEnd {
  return {
    onTurnEnd: () => {
      log.push(name);
      then?.();
    },
  };
}

describe('the end of a turn', () => {
  it('comes after everything else of the turn, never inside the call', async () => {
    const log: string[] = [];
    atTurnEnd(member(log, 'end'));
    log.push('call');
    await Promise.resolve().then(() => log.push('microtask'));
    process.nextTick(() => log.push('tick'));
    await nextTurn();
    assert.deepEqual(log, ['call', 'microtask', 'tick', 'end']);
  });

  it('calls its members in the order in which they came, once per `add`', async () => {
    const log: string[] = [];
    const one = member(log, 'one');
    for (const each of [one, member(log, 'two'), one, member(log, 'three')]) atTurnEnd(each);
    await nextTurn();
    assert.deepEqual(log, ['one', 'two', 'one', 'three']);
    await nextTurn();
    assert.equal(log.length, 4);
  });

  it('is that of the same turn for who comes while it is told, behind all others', async () => {
    const log: string[] = [];
    const later = member(log, 'later');
    atTurnEnd(member(log, 'first', () => atTurnEnd(later)));
    atTurnEnd(member(log, 'second'));
    await nextTurn();
    assert.deepEqual(log, ['first', 'second', 'later']);
    await nextTurn();
    assert.equal(log.length, 3);
  });

  it('comes again and again, and forgets nobody', async () => {
    const log: string[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const inner = member(log, `${turn} inner`);
      atTurnEnd(member(log, `${turn} outer`, () => atTurnEnd(inner)));
      await nextTurn();
    }
    const expected = Array.from({ length: 50 }, (_, turn) => [`${turn} outer`, `${turn} inner`]);
    assert.deepEqual(log, expected.flat());
  });

  it('has one that comes behind all, and whom it brings is of the same turn', async () => {
    const log: string[] = [];
    afterTurn(member(log, 'replaced'));
    let rounds = 0;
    const behind = member(log, 'behind', () => {
      rounds += 1;
      if (rounds === 3) return;
      atTurnEnd(member(log, `round ${rounds}`));
      afterTurn(behind);
    });
    afterTurn(behind);
    atTurnEnd(member(log, 'outer', () => atTurnEnd(member(log, 'inner'))));
    await nextTurn();
    assert.deepEqual(log, ['outer', 'inner', 'behind', 'round 1', 'behind', 'round 2', 'behind']);
    await nextTurn();
    assert.equal(log.length, 7);
  });

  it('is soon: a member added in an immediate waits for the next one, no longer', async () => {
    const log: string[] = [];
    setImmediate(() => {
      atTurnEnd(member(log, 'end'));
      setImmediate(() => log.push('next immediate'));
    });
    await nextTurn();
    await nextTurn();
    assert.deepEqual(log, ['end', 'next immediate']);
  });
});
