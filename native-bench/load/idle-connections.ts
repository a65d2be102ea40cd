import { connect, type Socket } from 'node:net';

/** Connections that have made one request each and wait for the next. */
export interface IdleConnections {
  readonly count: number;
  /** How many the other side has closed meanwhile. */
  closedByPeer(): number;
  /** Closes all and resolves when they are gone. */
  close(): Promise<void>;
}

/** So many are opened at once: below any backlog. */
const AT_ONCE = 50;

/**
 * Opens connections one after the other, makes one request on each, and keeps them. Rejects when
 * one is refused or not answered with 200.
 */
export async function openIdleConnections(port: number, count: number): Promise<IdleConnections> {
  const sockets: Socket[] = [];
  let closing = false;
  let closed = 0;
  const openOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      let text = '';
      socket.setEncoding('latin1');
      socket.on('data', (piece: string) => {
        text += piece;
        const end = text.indexOf('\r\n\r\n');
        const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        if (end < 0 || text.length < end + 4 + length) return;
        if (text.startsWith('HTTP/1.1 200')) resolve();
        else reject(new Error(`an idle connection's request got ${text.slice(0, 30)}`));
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (!closing) closed += 1;
        reject(new Error('closed before the answer'));
      });
      socket.write(`GET /idle/${sockets.length} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    });
  const close = async (): Promise<void> => {
    closing = true;
    const ended = sockets.map(
      (socket) =>
        new Promise((resolve) => (socket.closed ? resolve(true) : socket.once('close', resolve))),
    );
    for (const socket of sockets) socket.destroy();
    await Promise.all(ended);
  };
  try {
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, openOne));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { count, closedByPeer: () => closed, close };
}
