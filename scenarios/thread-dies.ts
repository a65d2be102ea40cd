import { startLoad } from '#native-bench/load/load.ts';
import { type Edge, nonZero, startEdge } from '#scenarios/support/edge.ts';
import type { Scenario } from './scenario.ts';

const WAYS = ['throw', 'memory', 'terminate'] as const;
const DEATHS = 10;
const MAX_BACK_MS = 500;

export const scenario: Scenario = {
  name: 'thread-dies',
  promise:
    'a proxy thread that throws, runs out of memory or is killed is replaced; others serve on',
  target: `${DEATHS} in a row of each: replaced within ${MAX_BACK_MS} ms, 0 refused`,
  run: async (context) => {
    const deaths = context.short ? 2 : DEATHS;
    const details: Record<string, unknown> = {};
    const measured: string[] = [];
    let pass = true;
    for (const way of WAYS) {
      const edge = await startEdge(context);
      const load = await startLoad({
        port: edge.weir.port,
        mode: 'open',
        heads: 'checked',
        ratePerSec: 500,
        connections: 1000,
        keepAlive: false,
        threads: 1,
      });
      const backMs: number[] = [];
      for (let death = 0; death < deaths; death++) backMs.push(await die(edge, way, death % 2));
      load.stop();
      const report = await load.done;
      const worstMs = Math.max(...backMs);
      const { refused } = report.failuresByKind;
      context.progress(`${way}: ${backMs.map((ms) => ms.toFixed(0)).join(' ')} ms`);
      measured.push(
        `${way} ${worstMs.toFixed(0)} ms, ${report.failures} of ${report.requests} failed ` +
          `(${nonZero(report.failuresByKind)})`,
      );
      pass &&= refused === 0 && (context.short || worstMs <= MAX_BACK_MS);
      details[way] = { backMs, report };
      await edge.weir.stop();
    }
    return { measured: `worst of ${deaths}: ${measured.join('; ')}`, pass, details };
  },
};

/** Milliseconds from a thread's death, as the generation notices it, until its place serves again. */
async function die({ weir, crash }: Edge, way: string, thread: number): Promise<number> {
  const from = weir.output.length;
  await crash(way, thread);
  await weir.waitForLine(new RegExp(`thread ${thread + 1} died`), from);
  const diedMs = performance.now();
  await weir.waitForLine(new RegExp(`thread ${thread + 1} serves`), from);
  return performance.now() - diedMs;
}
