import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe } from './answer.ts';
import { type Behaviour, checkBehaviour } from './behaviour.ts';
import type { OriginReport } from './origin-core.ts';
import type { SeenRequest } from './request-reader.ts';

/** What the control port steers: an origin in this thread, or several in threads of their own. */
export interface Controllable {
  saw(): OriginReport | Promise<OriginReport>;
  change(behaviour: Partial<Behaviour>): void | Promise<void>;
  reset(): void | Promise<void>;
  /** Only where requests and bytes are kept. */
  readonly requests?: readonly SeenRequest[];
  sawRaw?(): Buffer[];
}

/**
 * Serves the control port on loopback: `GET /saw`, `GET /requests`, `GET /raw` (Latin-1, one JSON
 * string per connection), `POST /set` with a JSON behaviour, `POST /reset`. Resolves when it
 * listens.
 */
export async function startControl(
  target: Controllable,
  port: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(target, request).then(
      (value) => reply(response, 200, value),
      (error: Error) => reply(response, 400, { error: error.message }),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(target: Controllable, request: IncomingMessage): Promise<unknown> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /saw':
      return target.saw();
    case 'GET /requests':
      return (target.requests ?? []).map(describe);
    case 'GET /raw':
      return (target.sawRaw?.() ?? []).map((raw) => raw.toString('latin1'));
    case 'POST /reset':
      await target.reset();
      return {};
    case 'POST /set': {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const change = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      await target.change(checkBehaviour(change));
      return {};
    }
    default:
      throw new Error('there are GET /saw, /requests, /raw and POST /set, /reset');
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(value)}\n`);
}
