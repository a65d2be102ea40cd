import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WHOLE_SHARE } from '#src/shared/admission-table.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import { AdmissionGate } from './admission-gate.ts';

/** As two threads have it: the second of two upstreams. */
function make() {
  const memory = allocateShared({ threadCount: 2, endpointCount: 3, upstreamCount: 2 });
  const tables = [0, 1].map((thread) => new EndpointTable(memory, 2, 3, thread, 2));
  const [one, two] = tables.map(({ admissions }) => admissions);
  assert.ok(one && two);
  const gates = [new AdmissionGate(one, 1), new AdmissionGate(two, 1)] as const;
  return { gates, one, two, tables };
}

describe('the gate of an upstream', () => {
  it('lets everybody pass unless it is told otherwise', () => {
    const { gates, one } = make();
    for (let n = 0; n < 1_000; n++) assert.equal(gates[0].turnsAway(), false);
    one.setShare(0, 1, 'breaker'); // the other upstream
    assert.equal(gates[0].turnsAway(), false);
    assert.equal(gates[0].failure, undefined);
  });

  it('turns all away in every thread, says why and counts them', () => {
    const { gates, one, two } = make();
    one.setShare(1, 1, 'breaker');
    for (const gate of gates) assert.equal(gate.turnsAway(), true);
    assert.equal(gates[1].failure, 'breaker_open');
    two.setShare(1, 1, 'admission');
    assert.equal(gates[0].turnsAway(), true);
    assert.equal(gates[0].failure, 'admission_refused');
    assert.deepEqual([one.turnedAway(1), two.turnedAway(1), one.turnedAway(0)], [3, 3, 0]);
    one.setShare(1, 0, 'admission');
    assert.deepEqual([one.share(1), one.turner(1)], [0, 'breaker']);
    assert.equal(gates[0].turnsAway(), false);
    assert.equal(gates[0].failure, undefined);
  });

  it('turns a share away, and takes what is no share for the nearest', () => {
    const { gates, one } = make();
    one.setShare(1, 0.25, 'admission');
    assert.equal(one.share(1), WHOLE_SHARE / 4);
    let turnedAway = 0;
    for (let n = 0; n < 40_000; n++) if (gates[0].turnsAway()) turnedAway += 1;
    // Ten standard deviations of 87.
    assert.ok(Math.abs(turnedAway - 10_000) < 870, `${turnedAway} of 40,000`);
    one.setShare(1, 7, 'admission');
    assert.equal(one.share(1), WHOLE_SHARE);
    one.setShare(1, -1, 'breaker');
    assert.equal(one.share(1), 0);
  });

  it('is beside nothing else in memory', () => {
    const { one, tables } = make();
    one.setShare(0, 1, 'breaker');
    one.setShare(1, 1, 'admission');
    for (let n = 0; n < 3; n++) one.turnAway(1);
    for (const { alarm, queues } of tables) {
      alarm.ring();
      for (const upstream of [0, 1]) assert.equal(queues.length(upstream), 0);
    }
    assert.deepEqual(
      [one.share(0), one.share(1), one.turnedAway(1)],
      [WHOLE_SHARE, WHOLE_SHARE, 3],
    );
    assert.equal(tables[1]?.nextTurn(0), 0);
  });

  it('has an alarm beside it, which wakes who waits, in whatever thread it rings', async () => {
    const { tables } = make();
    const [one, two] = tables;
    let rung = 0;
    const woken = new Promise<void>((resolve) => {
      one?.alarm.onceRung(() => {
        rung += 1;
        resolve();
      });
    });
    two?.alarm.ring();
    two?.alarm.ring();
    await woken;
    assert.equal(rung, 1);
  });
});
