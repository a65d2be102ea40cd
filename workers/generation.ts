/** The process of one configuration: shared memory, proxy threads, no traffic of its own. */
import './no-debugger.ts';
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { DescriptorSink, ErrorLog } from '#src/base/log.ts';
import { describeError } from './describe-error.ts';
import { loadFeatures } from './generation-features.ts';
import { GenerationRun } from './generation-run.ts';
import { startTrimming } from './memory-trimmer.ts';
import type { FromGeneration, StartOrder, ToGeneration } from './messages.ts';

// node:cluster ends a worker when its master is gone. The first line says that we live on: SIGKILL
// of the master must leave traffic flowing.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;

let run: GenerationRun | undefined;
const earlyLog = new ErrorLog(new DescriptorSink(2), 'notice', process.pid, 0);

/** Messages to a master that is gone, or going, are lost; what matters is repeated by state. */
function tellMaster(message: FromGeneration): boolean {
  if (!process.connected) return false;
  process.send?.(message, undefined, undefined, () => {});
  return true;
}

/** What came while code was loaded, in order. */
const early: [message: Exclude<ToGeneration, StartOrder>, handle: unknown][] = [];

async function start(order: StartOrder): Promise<void> {
  run = new GenerationRun(order, await loadFeatures(order.outline), tellMaster);
  for (const one of early.splice(0)) run.receive(...one);
}

process.on('message', (message: ToGeneration, handle: unknown) => {
  if (message.type === 'start') void start(message);
  else if (run === undefined) early.push([message, handle]);
  else run.receive(message, handle);
});

process.on('disconnect', () => {
  if (run === undefined) process.exit(1);
  run.onMasterGone();
});

// A terminal's Ctrl-C and a service manager's stop reach every process of the group at once. While
// the master lives it alone decides how to end; without it these are orders to this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
  process.on(signal, () => {
    if (process.connected) return;
    if (signal === 'SIGQUIT') run?.drain(undefined);
    else run?.stop();
  });
}
process.on('SIGHUP', () => {
  if (!process.connected) run?.explainNoReload();
});
process.on('SIGUSR1', () => run?.reopenLogs());

// No exchange runs here; an exception is a fault of ours in supervising. The threads serve on, and
// the master is asked for a generation without the fault.
process.on('uncaughtException', (error: Error) => {
  (run?.log ?? earlyLog).alert(`exception in a generation: ${describeError(error)}`);
  const reason = describeError(error);
  if (run !== undefined) tellMaster({ type: 'replace', reason });
  else process.send?.({ type: 'failed', reason }, undefined, undefined, () => process.exit(1));
});

const hooks = process.env['WEIR_TEST_HOOKS'];
if (hooks !== undefined) {
  // Tests of crashes: the file names a way and a thread, "throw 1". See crash.ts.
  process.on('SIGUSR2', () => {
    const [how = '', thread = '0'] = readFileSync(hooks, 'utf8').trim().split(' ');
    run?.crash(how, Number(thread));
  });
}

startTrimming();
tellMaster({ type: 'hello' });
