// What a client sends on one connection, and everything that comes back.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { RawClient } from '#test/support/raw-client.ts';
import type { StreamEnd } from '#test/support/wire-reader.ts';
import { type Dialogue, requestText } from './random-request.ts';

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

/** What came over one connection. */
export interface Conversation {
  /** Up to the answer behind which the connection ends. */
  readonly answers: readonly Answered[];
  /** How the connection ended: `open` when it did not. */
  readonly end: StreamEnd;
  /** What came and belongs to no answer. */
  readonly rest: string;
}

/** How long a conversation may take: far more than it ever does. */
const PATIENCE_MS = 8000;

/** What came instead of an answer; a body on its way makes an end a reset. */
function noAnswer(why: string): Answered {
  return {
    line: why.replace(/ \((?:end|reset)\)/, ''),
    fields: [],
    body: '',
    isWhole: false,
    interim: [],
  };
}

/**
 * Speaks on a connection of its own until all is answered, or the other side ends it.
 * @param fill makes bytes of the text of a request
 * @param onAnswer told after each answer, before the next request is sent
 */
export async function converse(
  host: string,
  port: number,
  { asked, from, isPipelined, isSplit }: Dialogue,
  fill: (text: string, at: number) => string,
  onAnswer: () => void,
): Promise<Conversation> {
  const target = { host, port, localAddress: from };
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const client = new RawClient(socket, { staysOpen: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    client.reset();
  }, PATIENCE_MS);
  const texts = asked.map((one, at) => fill(requestText(one), at));
  const answers: Answered[] = [];
  try {
    await once(socket, 'connect');
    if (isPipelined) client.send(texts.join(''));
    for (const [at, { method }] of asked.entries()) {
      if (!isPipelined) await say(client, texts[at] ?? '', isSplit);
      const answered = await answer(client, method);
      answers.push(answered);
      onAnswer();
      if (!isLast(answered)) continue;
      await client.closed();
      break;
    }
  } catch (error) {
    answers.push(noAnswer(isLate ? 'no answer in time' : (error as Error).message));
    onAnswer();
  } finally {
    clearTimeout(timer);
    client.close();
  }
  return { answers, end: client.state, rest: client.rest };
}

async function say(client: RawClient, text: string, isSplit: boolean): Promise<void> {
  const bodyAt = text.indexOf('\r\n\r\n') + 4;
  if (isSplit && bodyAt < text.length) {
    await client.sent(text.slice(0, bodyAt));
    await setImmediate(); // the head alone is read now, or with the body: both may be
    client.send(text.slice(bodyAt));
  } else client.send(text);
}

/** Whether it says that no other will follow. */
export function isLast({ fields, isWhole }: Answered): boolean {
  const says = fields.find(([name]) => name.toLowerCase() === 'connection')?.[1];
  return !isWhole || says === 'close';
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
