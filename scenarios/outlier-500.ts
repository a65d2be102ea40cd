import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import type { Origin } from '#native-bench/origin/origin.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const GOOD = 3;
const PER_SEC = 1_000;
/** What the others take for an answer; the bad one takes none of it. */
const WORK_MS = 10;
const BEFORE_MS = 2_000;
const AFTER_MS = 3_000;
const ALL_BAD_MS = 3_000;
const FIRST_MS = 1_000;
/** `consecutive_5xx`: who is asked less often cannot be told from one that has bad luck. */
const IN_A_ROW = 5;
const POLICIES = ['round_robin', 'least_conn', 'least_time header', 'peak_ewma'] as const;
/** Chance, and requests that were on their way when it began to fail. */
const SHARE_ALLOWANCE = 1.1;

interface Story {
  readonly policy: string;
  /** From its first 500 to the line that takes it out; −1: it was not taken out. */
  readonly outAfterMs: number;
  /** Of the requests of the first second, those that went to it. */
  readonly share: number;
  /** The same of the seconds before, when it worked as the others do. */
  readonly shareBefore: number;
  /** How many requests `share` is. */
  readonly askedFirst: number;
  /** After that second. */
  readonly askedAfter: number;
  /** Of four that all fail, those that were still asked in the last second. */
  readonly leftOfFour: number;
}

export const scenario: Scenario = {
  name: 'outlier-500',
  promise: 'an endpoint that fails fast attracts nothing, and the last healthy half stays',
  target: `${PER_SEC} req/s, ${POLICIES.length} policies: one of ${GOOD + 1} endpoints begins to answer 500 at once: out within ${FIRST_MS} ms, with at most its share of that second (${SHARE_ALLOWANCE} × 1/${GOOD + 1}), and nothing after that; or asked less than ${IN_A_ROW} times in a row anyway. Of four that all fail at least two stay`,
  run: async (context) => {
    const policies = context.short ? POLICIES.slice(0, 1) : POLICIES;
    const stories: Story[] = [];
    for (const policy of policies) {
      const story = await tell(context, policy);
      stories.push(story);
      context.progress(line(story));
    }
    const pass = stories.every((story) => {
      return story.leftOfFour >= 2 && (context.short || isHarmless(story));
    });
    return { measured: stories.map(line).join('; '), pass, details: { stories } };
  },
};

function isHarmless({ askedAfter, askedFirst, outAfterMs, share }: Story): boolean {
  if (share > SHARE_ALLOWANCE / (GOOD + 1)) return false;
  if (outAfterMs < 0) return askedFirst + askedAfter < IN_A_ROW;
  return outAfterMs <= FIRST_MS && askedAfter === 0;
}

function line({
  askedAfter,
  askedFirst,
  leftOfFour,
  outAfterMs,
  policy,
  ...shares
}: Story): string {
  const { share, shareBefore } = shares;
  const out = outAfterMs < 0 ? 'not out' : `out after ${outAfterMs.toFixed(0)} ms`;
  return (
    `${policy}: ${out}, asked ${askedFirst} times in the first second (${percent(share)}, before ${percent(shareBefore)}), ` +
    `${askedAfter} after that; ${leftOfFour} of 4 stay when all fail`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

async function tell(context: ScenarioContext, policy: string): Promise<Story> {
  const origins: Origin[] = [];
  for (let at = 0; at <= GOOD; at++) {
    const origin = await startOriginFor(context, { workMs: WORK_MS, keepRequests: 0 });
    origins.push(origin);
  }
  const bad = origins.at(-1) as Origin;
  const weir = await start(context, origins, policy);
  const load = await startLoad({
    port: weir.port,
    seed: context.seed,
    mode: 'open',
    ratePerSec: PER_SEC,
    connections: 512,
    heads: 'checked',
    pacing: 'timer',
    threads: 1,
  });
  const shorter = context.short ? 0.2 : 1;
  await delay(BEFORE_MS * shorter);
  const from = weir.output.length;
  const [, shareBefore] = shareOf(bad, origins, []);
  const before = asked(origins);
  bad.change({ workMs: 0, fault: 'status=500' });
  const badAtMs = performance.now();
  let outAfterMs = -1;
  const isOut = weir
    .waitForLine(new RegExp(`127.0.0.1:${bad.port} is out \\(outlier\\)`), from)
    .then(() => {
      outAfterMs = performance.now() - badAtMs;
    })
    .catch(() => {}); // not within its patience: it is not out
  // Only what needs no clock decides the short form: it waits for the line.
  await (context.short ? isOut : delay(FIRST_MS));
  const [askedFirst, share] = shareOf(bad, origins, before);
  const [badBefore = 0] = asked([bad]);
  await delay(AFTER_MS * shorter);
  const askedAfter = (asked([bad])[0] ?? 0) - badBefore;
  const outBeforeMs = outAfterMs;
  for (const origin of origins) origin.change({ workMs: 0, fault: 'status=500' });
  await delay(ALL_BAD_MS * shorter);
  const then = asked(origins);
  await delay(1_000 * shorter);
  const leftOfFour = asked(origins).filter((count, at) => count > (then[at] ?? 0)).length;
  load.stop();
  await load.done;
  await weir.stop();
  return {
    policy,
    outAfterMs: outBeforeMs,
    share,
    shareBefore,
    askedFirst,
    askedAfter,
    leftOfFour,
  };
}

/** What it got of all since `before`, as count and share. */
function shareOf(one: Origin, all: readonly Origin[], before: readonly number[]): [number, number] {
  const counts = asked(all).map((count, at) => count - (before[at] ?? 0));
  const own = counts[all.indexOf(one)] ?? 0;
  return [
    own,
    own /
      Math.max(
        1,
        counts.reduce((sum, count) => sum + count, 0),
      ),
  ];
}

function asked(origins: readonly Origin[]): number[] {
  return origins.map((origin) => origin.saw().requests);
}

async function start(
  context: ScenarioContext,
  origins: readonly Origin[],
  policy: string,
): Promise<Weir> {
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 4096; }
      http {
        access_log off;
        upstream origins {
          ${origins.map((origin) => `server 127.0.0.1:${origin.port};`).join(' ')}
          ${policy === 'round_robin' ? '' : `${policy};`}
          outlier_ejection;
          keepalive 64;
        }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origins; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
      }`,
  });
  await weir.waitForLine(/weir serves with/);
  return weir;
}
