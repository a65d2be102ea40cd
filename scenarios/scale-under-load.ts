import { setTimeout as delay } from 'node:timers/promises';
import type { Origin } from '#native-bench/origin/origin.ts';
import { endLoad, startMixedLoad, startSteeredEdge } from '#scenarios/support/steered-edge.ts';
import type { Scenario } from './scenario.ts';

const FIRST = 2;
const MOST = 6;
const SLOW_START_MS = 4_000;
const PART_MS = 1_000;

export const scenario: Scenario = {
  name: 'scale-under-load',
  promise:
    'servers are added and taken out by weir ctl under load: no request fails, new ones ramp',
  target:
    'scale 2 → 6 → 2 under 1,000 req/s, slow_start 4s: 0 failed; a new server gets less than half of its ' +
    'share in the first second, and all of it (0.8 to 1.2) after the slow start; none after it is out',
  run: async (context) => {
    const { ctl, origins, peers, weir } = await startSteeredEdge(context, MOST, FIRST);
    const loads = await startMixedLoad(weir, context.short);
    const later = origins.slice(FIRST);
    const pause = (ms: number) => (context.short ? Promise.resolve() : delay(ms));
    await pause(PART_MS);
    for (const { port } of later) {
      await ctl('add', 'app', `127.0.0.1:${port}`, '--slow-start', `${SLOW_START_MS}ms`);
    }
    const early = await shareOf(origins, later, () => pause(PART_MS));
    await pause(SLOW_START_MS);
    const full = await shareOf(origins, later, () => pause(PART_MS));
    context.progress('six serve');
    const most = (await peers()).length;
    for (const { port } of later) await ctl('remove', 'app', `127.0.0.1:${port}`);
    await pause(PART_MS / 4);
    const after = countOf(later);
    await pause(PART_MS);
    const late = countOf(later) - after;
    const report = await endLoad(loads);
    const left = (await peers()).length;
    const ramps = context.short || (early < 0.5 && full > 0.8 && full < 1.2 && late === 0);
    return {
      measured:
        `${FIRST} → ${most} → ${left}: ${report.failures} failed of ${report.requests} requests; new ` +
        `servers got ${early.toFixed(2)} of their share in the first second, ${full.toFixed(2)} after ` +
        `the slow start, ${late} requests after they were out`,
      pass:
        report.failures === 0 && report.requests > 0 && most === MOST && left === FIRST && ramps,
      details: { early, full, late, ...report },
    };
  },
};

/** What these get meanwhile, as a part of what they would get if all got the same. */
async function shareOf(
  all: readonly Origin[],
  some: readonly Origin[],
  meanwhile: () => Promise<void>,
): Promise<number> {
  const [before, someBefore] = [countOf(all), countOf(some)];
  await meanwhile();
  const fair = ((countOf(all) - before) * some.length) / all.length;
  return (countOf(some) - someBefore) / fair;
}

function countOf(origins: readonly Origin[]): number {
  return origins.reduce((sum, origin) => sum + origin.saw().requests, 0);
}
