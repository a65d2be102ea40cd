/** The first requests after a start, by a client that is warm itself. */
import { connect, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** How long one burst of requests took. */
export interface Burst {
  /** Milliseconds from the sending of each request to the end of its answer, sorted. */
  readonly latenciesMs: readonly number[];
  /** From the first sending to the last answer. */
  readonly totalMs: number;
}

/**
 * Sends so many requests over so many connections, on each the next one when the answer to the one
 * before is there. Connections are made first. Answers must be short, so that each comes in one
 * piece; rejects when one is no 200 or a connection breaks.
 */
export async function burst(port: number, requests: number, connections: number): Promise<Burst> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latenciesMs: number[] = [];
  let sent = 0;
  const startMs = performance.now();
  try {
    await new Promise<void>((resolve, reject) => {
      for (const socket of sockets) {
        let sentMs = 0;
        const send = (): void => {
          sent += 1;
          sentMs = performance.now();
          socket.write(requestOf(sent));
        };
        socket.on('data', (bytes: Buffer) => {
          latenciesMs.push(performance.now() - sentMs);
          const start = bytes.toString('latin1', 0, 13);
          if (start !== 'HTTP/1.1 200 ') reject(new Error(`the answer begins with ${start}`));
          else if (latenciesMs.length === requests) resolve();
          else if (sent < requests) send();
        });
        socket.once('error', reject);
        socket.once('end', () => reject(new Error('a connection was closed')));
        send();
      }
    });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const totalMs = performance.now() - startMs;
  return { latenciesMs: latenciesMs.sort((a, b) => a - b), totalMs };
}

/** No two are the same, as in `unique heads` of the speed table. */
function requestOf(serial: number): string {
  return (
    `GET /u/${serial * 7919} HTTP/1.1\r\nHost: first.test\r\nUser-Agent: burst\r\n` +
    `Accept: */*\r\nCookie: session=${serial * 104_729}\r\n\r\n`
  );
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
