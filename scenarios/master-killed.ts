import { startLoad } from '#native-bench/load/load.ts';
import { nonZero, startEdge } from '#scenarios/support/edge.ts';
import { runWeir } from '#test/support/weir.ts';
import type { Scenario } from './scenario.ts';

/** How long traffic is watched after the kill. */
const WATCH_MS = 5_000;
const WATCH_SHORT_MS = 500;

export const scenario: Scenario = {
  name: 'master-killed',
  promise: 'SIGKILL of the master leaves traffic flowing, and a new start says what to do',
  target: '0 failed; the new start names the process and how to drain it',
  run: async (context) => {
    const { weir, generationPid } = await startEdge(context);
    const pid = await generationPid();
    const load = { port: weir.port, mode: 'open', heads: 'checked', threads: 1 } as const;
    const kept = await startLoad({ ...load, ratePerSec: 1000 });
    const oneShot = await startLoad({ ...load, ratePerSec: 300, keepAlive: false });
    weir.signal('SIGKILL');
    await weir.waitForExit();
    const watchMs = context.short ? WATCH_SHORT_MS : WATCH_MS;
    await new Promise((resolve) => setTimeout(resolve, watchMs));
    const start = await runWeir(['-p', weir.folder, '-c', weir.file, '-e', 'stderr']);
    kept.stop();
    oneShot.stop();
    const reports = { kept: await kept.done, oneShot: await oneShot.done };
    const requests = reports.kept.requests + reports.oneShot.requests;
    const failures = reports.kept.failures + reports.oneShot.failures;
    process.kill(pid, 'SIGQUIT');
    const isExplained = start.code === 1 && start.stderr.includes(`kill -QUIT ${pid}`);
    return {
      measured:
        `${failures} failed of ${requests} (kept: ${nonZero(reports.kept.failuresByKind)}; ` +
        `one-shot: ${nonZero(reports.oneShot.failuresByKind)}); ` +
        `the new start says: ${start.stderr.trim()}`,
      pass: failures === 0 && requests > 0 && isExplained,
      details: { reports, start },
    };
  },
};
