// One request as a client sends it, and everything that comes back.

import { once } from 'node:events';
import { connect } from 'node:net';
import { RawClient } from '#test/support/raw-client.ts';
import type { Asked } from './random-request.ts';

/** What a client was answered; no status when the connection closed without an answer. */
export interface Answered {
  /** `HTTP/1.1 404 Not Found`. */
  readonly line: string;
  /** In the order they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly isWhole: boolean;
  /** Status lines of informational answers in front. */
  readonly interim: readonly string[];
}

/** How long an answer may take: far more than it ever does. */
const PATIENCE_MS = 8000;

/** What came instead of an answer. */
function noAnswer(why: string): Answered {
  return { line: why, fields: [], body: '', isWhole: false, interim: [] };
}

/** Asks on a connection of its own. */
export async function ask(
  host: string,
  port: number,
  asked: Asked,
  text: string,
): Promise<Answered> {
  const socket = connect({
    host,
    port,
    localAddress: asked.from,
    allowHalfOpen: true,
    noDelay: true,
  });
  const client = new RawClient(socket, {});
  const timer = setTimeout(() => client.reset(), PATIENCE_MS);
  try {
    await once(socket, 'connect');
    client.send(text);
    return await answer(client, asked.method);
  } catch (error) {
    return noAnswer((error as Error).message);
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

async function answer(client: RawClient, method: string): Promise<Answered> {
  const interim: string[] = [];
  for (;;) {
    const { body, isWhole, lines, status } = await client.response(method);
    const [line = ''] = lines;
    if (status >= 100 && status < 200) {
      interim.push(line);
      continue;
    }
    const fields = lines.slice(1).map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 2)] as const;
    });
    return { line, fields, body: body.toString('latin1'), isWhole, interim };
  }
}
