/**
 * An origin as a program of its own, so that it can be killed and stopped: answers at once, and
 * writes the target of every POST, which holds its id, to a file before it does. Argument: the file.
 * Prints its port. Told "hole" it drops its connections and stops, with its port open: what connects
 * waits in its queue, and once that is full, connecting hangs.
 */
import { appendFileSync } from 'node:fs';
import { startOrigin } from '#native-bench/origin/origin.ts';

/**
 * Room for half a second of connections: a machine that stalls while the load begins must not lose a
 * SYN, which comes again after a second, and has the edge take the endpoint out before it is harmed.
 */
const BACKLOG = 256;

const [file = ''] = process.argv.slice(2);
const origin = await startOrigin({
  backlog: BACKLOG,
  keepRequests: 0,
  respond: ({ method, target }) => {
    if (method === 'POST') appendFileSync(file, `${target}\n`);
    return undefined;
  },
});
process.stdout.write(`${origin.port}\n`);
process.on('message', () => {
  origin.dropConnections(false);
  process.kill(process.pid, 'SIGSTOP');
});
process.on('disconnect', () => process.exit(0));
