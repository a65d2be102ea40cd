// Free TCP ports for programs that must be told their port, such as bin/weir.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Below Linux's ephemeral range (32768–60999), so that no outgoing connection or port 0 of
 *  another test takes the port between the probe and the program's own bind. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 50;

/**
 * Ports of 127.0.0.1 that nobody listens on now, all different.
 * @param count how many
 * @throws Error when fifty random ports in a row were taken
 */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt += 1) {
    if (attempt === ATTEMPTS + count) throw new Error('no free port found on 127.0.0.1');
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** One port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port found on 127.0.0.1');
  return port;
}

/** Whether a plain bind (no SO_REUSEPORT) of the port succeeds on 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen({ host: '127.0.0.1', port, exclusive: true });
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

/** Whether something on 127.0.0.1 accepts a connection to the port now. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
