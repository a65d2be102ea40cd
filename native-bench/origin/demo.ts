/**
 * `npm start`: three demo origins and the edge in front of them (conf/weir.conf). Ctrl-C, or TERM,
 * ends all of them; other signals that Weir knows are passed on to it.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Origin, startOrigin } from './origin.ts';
import type { SeenRequest } from './request-reader.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The addresses that conf/weir.conf names. */
const ORIGINS = [
  { name: 'one', port: 9001, headDelayMs: 0 },
  { name: 'two', port: 9002, headDelayMs: 0 },
  { name: 'three (slow: half a second)', port: 9003, headDelayMs: 500 },
] as const;

const HINTS = `
The edge listens on http://127.0.0.1:8080. Three things to try in another terminal:

  for i in 1 2 3; do curl http://127.0.0.1:8080/hello; done   three origins in turn, one of them slow
  curl http://127.0.0.1:8081/status                           the state of the edge, thread by thread
  bin/weir -s reload                                          after a change of conf/weir.conf

Ctrl-C ends everything.
`;

/** Signals for Weir alone: reload, reopen logs. Those that end it end us with it. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR1'] as const;

async function main(): Promise<number> {
  const origins: Origin[] = [];
  try {
    for (const { name, port, headDelayMs } of ORIGINS) {
      const respond = (request: SeenRequest) => ({
        fields: [['Content-Type', 'text/plain']] as const,
        body: `Hello from demo origin ${name} on port ${port}: ${request.method} ${request.target}\n`,
      });
      origins.push(await startOrigin({ port, headDelayMs, respond, keepRequests: 0 }));
    }
    return await runEdge();
  } finally {
    await Promise.all(origins.map((origin) => origin.close()));
  }
}

/** Runs Weir in the foreground and resolves with its exit code when it ends. */
function runEdge(): Promise<number> {
  return new Promise((resolve, reject) => {
    const words = [
      '-c',
      join(ROOT, 'conf/weir.conf'),
      '-g',
      'daemon off;',
      ...process.argv.slice(2),
    ];
    const edge = spawn(join(ROOT, 'bin/weir'), words, { stdio: 'inherit' });
    for (const signal of PASSED_ON) process.on(signal, () => edge.kill(signal));
    edge.once('spawn', () => process.stdout.write(HINTS));
    edge.once('error', reject);
    edge.once('exit', (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const what =
    code === 'EADDRINUSE'
      ? `${message}; the demo origins need ports 9001 to 9003: stop what holds it (ss -ltnp)`
      : message;
  console.error(`npm start: ${what}`);
  process.exitCode = 1;
}
