/** One thread of several origins on a port: obeys its commands, answers each with its report. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Behaviour } from './behaviour.ts';
import { type OriginOptions, startOrigin } from './origin.ts';

/** What a thread is told; its first message is `{ port }`, later ones are reports. */
export type OriginCommand =
  | { kind: 'saw' }
  | { kind: 'change'; behaviour: Partial<Behaviour> }
  | { kind: 'reset' };

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const origin = await startOrigin(workerData as OriginOptions);
  port.on('message', (command: OriginCommand) => {
    if (command.kind === 'change') origin.change(command.behaviour);
    if (command.kind === 'reset') origin.reset();
    port.postMessage(origin.saw());
  });
  port.postMessage({ port: origin.port });
}

if (parentPort !== null) await main(parentPort);
