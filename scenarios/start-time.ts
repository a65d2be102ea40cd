import { median } from '#native-bench/measure/statistics.ts';
import { type Start, startFolder, timeStart } from '#scenarios/support/first-answer.ts';
import { startOriginFor } from '#scenarios/support/started.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_MS = 500;
const STARTS = 10;
/** Starts between the empty cache and the measured ones: each process writes what it compiled. */
const FILLING_STARTS = 2;

export const scenario: Scenario = {
  name: 'start-time',
  promise: 'it starts at once',
  target: `spawning bin/weir with two threads to its first answer through the proxy, worst of ${STARTS}, with Node's compile cache filled: ≤ ${MAX_MS} ms`,
  run: async (context) => {
    const origin = await startOriginFor(context);
    const start = prepare(context, origin.port);
    const empty = await start();
    for (let filling = 0; filling < FILLING_STARTS && !context.short; filling += 1) await start();
    const starts: Start[] = [];
    while (starts.length < (context.short ? 1 : STARTS)) {
      context.signal.throwIfAborted();
      starts.push(await start());
    }
    const answered = starts.map(({ answeredMs }) => answeredMs);
    const listening = starts.map(({ listeningMs }) => listeningMs);
    const worstMs = Math.max(...answered);
    return {
      measured:
        `median ${median(answered).toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms of ${starts.length} ` +
        `(the kernel accepts after ${median(listening).toFixed(0)} ms); with an empty cache once ${empty.answeredMs.toFixed(0)} ms`,
      pass: origin.saw().requests >= starts.length && (context.short || worstMs <= MAX_MS),
      details: { starts, empty },
    };
  },
};

/** A start with a plain configuration and a compile cache that is empty at first. */
function prepare(context: ScenarioContext, originPort: number): () => Promise<Start> {
  const { cache, conf } = startFolder(
    context.directory,
    (port) => `
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${originPort}; }
      }`,
  );
  return () => timeStart(conf, { NODE_COMPILE_CACHE: cache });
}
