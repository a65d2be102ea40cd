// An application as people run it: a Node cluster of two workers that share one port. Started by the
// test, which it tells its port; it ends when its standard input does.

import cluster from 'node:cluster';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const name = process.env['APP_NAME'] ?? '';

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  let ready = 0;
  cluster.on('listening', (_worker, { port }) => {
    ready += 1;
    if (ready === workers.length) process.stdout.write(`${port}\n`);
  });
  process.stdin.resume();
  process.stdin.once('end', () => process.kill(process.pid, 'SIGKILL'));
} else {
  serve();
}

function serve(): void {
  const server = createServer((request, response) => {
    if (request.url === '/busy' && name === 'app-1') {
      response.writeHead(503).end();
      return;
    }
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({ app: name, worker: process.pid, bytes, headers: request.headers }),
      );
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.on('data', (bytes) => socket.write(bytes));
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
}
