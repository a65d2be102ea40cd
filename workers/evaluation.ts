/**
 * The short-lived process that evaluates a weir.config.ts: code of the configuration runs here and
 * in proxy threads, never in the master. It answers with one message and ends.
 */
import { evaluateProgram } from '#src/config/typed/program.ts';

const [, , file = ''] = process.argv;

async function run(): Promise<void> {
  const evaluation = await evaluateProgram(file);
  // What the configuration has started (timers, sockets) is of no use any more.
  process.send?.(evaluation, undefined, undefined, () => process.exit(0));
}

void run();
