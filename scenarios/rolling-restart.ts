import { setTimeout as delay } from 'node:timers/promises';
import { endLoad, startMixedLoad, startSteeredEdge } from '#scenarios/support/steered-edge.ts';
import type { Scenario } from './scenario.ts';

const ROUNDS = 5;
/** So long an origin is away. */
const AWAY_MS = 300;

export const scenario: Scenario = {
  name: 'rolling-restart',
  promise:
    'origins can be restarted one after the other, drained by weir ctl, and no request fails',
  target: `${ROUNDS} rounds over three origins under 1,000 req/s, a fifth of them POSTs: 0 failed`,
  run: async (context) => {
    const { ctl, origins, weir } = await startSteeredEdge(context, 3, 3);
    const loads = await startMixedLoad(weir, context.short);
    const rounds = context.short ? 1 : ROUNDS;
    const drainMs: number[] = [];
    for (let round = 1; round <= rounds && !context.signal.aborted; round++) {
      for (const origin of origins) {
        const server = `127.0.0.1:${origin.port}`;
        const startMs = performance.now();
        await ctl('drain', 'app', server, '--wait', '--timeout', '10s');
        drainMs.push(performance.now() - startMs);
        await origin.stopListening();
        origin.dropConnections(true);
        await delay(AWAY_MS);
        await origin.listenAgain();
        await ctl('up', 'app', server);
      }
      context.progress(`${round} rounds`);
    }
    const report = await endLoad(loads);
    const used = origins.filter((origin) => origin.saw().requests > 0).length;
    const mostMs = Math.max(...drainMs);
    return {
      measured:
        `${rounds} rounds: ${report.failures} failed of ${report.requests} requests, a drain took ` +
        `at most ${mostMs.toFixed(0)} ms`,
      pass: report.failures === 0 && report.requests > 0 && used === origins.length,
      details: { rounds, drainMs, ...report },
    };
  },
};
