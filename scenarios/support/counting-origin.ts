/** An origin that counts how many requests it has at a time; requests have no bodies. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What it saw. */
export interface CountingOrigin {
  readonly port: number;
  readonly requests: number;
  readonly inFlight: number;
  /** The most that it had at a time. */
  readonly peak: number;
  close(): void;
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * Starts one. A request is over before its answer is written: whoever has read that may send the next
 * one. One whose connection ends is over, too, but only when that is seen here: clients that give up
 * make the count late.
 */
export async function startCountingOrigin(): Promise<CountingOrigin> {
  const sockets = new Set<Socket>();
  const seen = { requests: 0, inFlight: 0, peak: 0 };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let isBusy = false;
    let head = '';
    const answer = (): void => {
      if (!isBusy) return;
      isBusy = false;
      seen.inFlight -= 1;
      socket.write(ANSWER);
    };
    socket.on('data', (bytes: Buffer) => {
      head += bytes.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      head = '';
      isBusy = true;
      seen.requests += 1;
      seen.inFlight += 1;
      seen.peak = Math.max(seen.peak, seen.inFlight);
      setImmediate(answer); // others come meanwhile
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (isBusy) seen.inFlight -= 1;
      isBusy = false;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get requests() {
      return seen.requests;
    },
    get inFlight() {
      return seen.inFlight;
    },
    get peak() {
      return seen.peak;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
