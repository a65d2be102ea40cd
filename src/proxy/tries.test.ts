import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import {
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { Upstream } from '#src/upstream/upstream.ts';
import { Tries } from './tries.ts';

const PLACE = { file: 'test', line: 1, column: 1 };

/** A try at the only endpoint of an upstream with that policy. */
function make(name: string, words: readonly string[]) {
  const address = { kind: 'tcp', host: '127.0.0.1', port: 80 } as const;
  const config: UpstreamConfig = {
    name: 'app',
    implicit: false,
    endpoints: [{ ...USUAL_TRAITS, address, name: 'e', server: 'e', place: PLACE }],
    pool: { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 },
    policy: { ...USUAL_POLICY, name, words },
    sticky: null,
    place: PLACE,
  };
  const sizes = { threadCount: 1, endpointCount: 1, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), 1, 1, 0);
  const clock = new ManualClock();
  const thread = { wheel: new TimerWheel(clock) } as unknown as PoolThread;
  const upstream = new Upstream(config, 0, 0, table, thread);
  const nothing = { upstreamSentBytes: 0, upstreamReceivedBytes: 0 };
  const exchange = { upstreamAddress: '', ...nothing } as unknown as Exchange;
  const tries = new Tries();
  tries.begin(upstream, exchange);
  const start = (): void => {
    const endpoint = tries.pick();
    assert.ok(endpoint !== undefined);
    tries.start(exchange, endpoint, clock.nowMs);
  };
  const ageMs = (): number => table.times.openAgeMs(0, sharedNowMs(clock.nowMs));
  return { ageMs, clock, exchange, start, table, tries };
}

describe('tries', () => {
  it('have an age until the head comes, where the policy asks for that', () => {
    const { ageMs, clock, start, tries } = make('least_time', ['header', 'inflight']);
    start();
    clock.advanceMs(200);
    assert.ok(Math.abs(ageMs() - 200) <= 1);
    tries.noteAnswer(200, 200);
    assert.equal(ageMs(), -1);
    tries.leave(false);
    assert.equal(ageMs(), -1);
  });

  it('have an age until they end, where the policy asks for that', () => {
    const { ageMs, clock, start, tries } = make('least_time', ['last_byte', 'inflight']);
    start();
    tries.noteAnswer(1, 200);
    clock.advanceMs(200);
    assert.ok(Math.abs(ageMs() - 200) <= 1);
    tries.leave(false);
    assert.equal(ageMs(), -1);
  });

  it('leave no age behind when they fail or are given up before an answer', () => {
    for (const isFailure of [true, false]) {
      const { ageMs, start, tries } = make('least_time', ['header', 'inflight']);
      start();
      tries.leave(isFailure);
      assert.equal(ageMs(), -1);
      start();
      assert.ok(ageMs() >= 0);
      tries.leave(false);
      assert.equal(ageMs(), -1);
    }
  });

  it('have no age where nobody asks', () => {
    for (const words of [['header'], ['last_byte']]) {
      const { ageMs, start } = make('least_time', words);
      start();
      assert.equal(ageMs(), -1);
    }
  });

  it('record an error of the endpoint as a failure, and nothing of who was given up', () => {
    const { clock, start, table, tries } = make('peak_ewma', []);
    const peakMs = (): number => table.times.peakMs(0, sharedNowMs(clock.nowMs));
    start();
    tries.leave(false);
    assert.equal(peakMs(), -1);
    start();
    tries.noteAnswer(1, 503);
    tries.leave(false);
    assert.equal(peakMs(), 5_000);
  });

  it('tell good answers, errors and attempts that were lost apart, each once', () => {
    const { start, table, tries } = make('peak_ewma', []);
    const outcomes = () => [table.goodAnswers(0), table.errorAnswers(0), table.lost(0)];
    const one = (status: number, isFailure: boolean): void => {
      start();
      if (status > 0) tries.noteAnswer(1, status);
      tries.leave(isFailure);
    };
    one(200, false);
    one(404, false);
    assert.deepEqual(outcomes(), [2, 0, 0]);
    one(503, false);
    one(500, true); // proxy_next_upstream lists it
    assert.deepEqual(outcomes(), [2, 2, 0]);
    one(0, true);
    one(200, true); // cut within its body
    one(0, false); // the client has left
    assert.deepEqual(outcomes(), [2, 2, 2]);
    start();
    const { endpoint } = tries;
    assert.ok(endpoint !== undefined);
    const lost = { endpoint, status: '-', receivedBytes: 7, sentBytes: 9, connectMs: 0, tookMs: 1 };
    tries.leaveBeside(lost, true, 0);
    tries.leaveBeside(lost, false, 0);
    assert.deepEqual(outcomes(), [2, 2, 3]);
    assert.deepEqual([table.sentBytes(0), table.receivedBytes(0)], [18, 14]);
  });

  it('count answers by class, their heads, and what was carried, whatever the policy', () => {
    const { exchange, start, table, tries } = make('round_robin', []);
    for (const [at, status] of [101, 200, 204, 302, 404, 599, 700].entries()) {
      start();
      tries.noteAnswer(at, status);
      exchange.upstreamSentBytes = 100;
      exchange.upstreamReceivedBytes = 1_000;
      tries.leave(false);
    }
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((one) => table.answers(0, one)),
      [1, 2, 1, 1, 2],
    );
    assert.equal(table.headerMs(0), 21);
    assert.deepEqual([table.sentBytes(0), table.receivedBytes(0)], [700, 7_000]);
    table.zeroCounts(0, 0);
    assert.deepEqual([table.answers(0, 2), table.sentBytes(0), table.headerMs(0)], [0, 0, 0]);
  });
});
