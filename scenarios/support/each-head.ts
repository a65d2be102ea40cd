/** How origins of scenarios read requests: these have no bodies, and each waits for its answer. */
import type { Socket } from 'node:net';

/** Calls `onHead` with each head that comes, once all of it is here. */
export function onEachHead(socket: Socket, onHead: (head: string) => void): void {
  let pending = '';
  socket.on('data', (bytes: Buffer) => {
    pending += bytes.toString('latin1');
    if (!pending.endsWith('\r\n\r\n')) return;
    const head = pending;
    pending = '';
    onHead(head);
  });
}
