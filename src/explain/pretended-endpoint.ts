/** Endpoints that are not there: each takes a request, keeps it, and answers what it was told to. */

import type { Address } from '#src/base/address.ts';
import { reasonPhrase } from '#src/http/status.ts';
import { type FarSide, MemoryConnection } from './memory-connection.ts';
import { readMessage, valueOf, type WireMessage } from './wire-text.ts';

/** What endpoints answer; 'refused': they take no connection. */
export type PretendedAnswer =
  | 'refused'
  | {
      readonly status: number;
      readonly fields: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    };

/** What is answered when nothing else was said. */
export const USUAL_ANSWER: PretendedAnswer = { status: 200, fields: [], body: '' };

/** Told of what comes to an endpoint; `request` undefined: the connection was refused. */
export type OnAttempt = (address: Address, request: WireMessage | undefined) => void;

export class PretendedEndpoints implements FarSide {
  answer: PretendedAnswer = USUAL_ANSWER;
  readonly #onAttempt: OnAttempt;
  #open: OpenEndpoint[] = [];

  constructor(onAttempt: OnAttempt) {
    this.#onAttempt = onAttempt;
  }

  /** They end their connections. */
  end(): void {
    for (const { connection } of this.#open) connection.give('end');
  }

  /** Their connections are closed. */
  forget(): void {
    this.#open = [];
  }

  /** FarSide. */
  onDialed(address: Address): MemoryConnection | undefined {
    if (this.answer === 'refused') {
      this.#onAttempt(address, undefined);
      return undefined;
    }
    const names = {
      remoteAddress: address.kind === 'tcp' ? address.host : 'unix:',
      remotePort: address.kind === 'tcp' ? address.port : 0,
      localAddress: address.kind === 'tcp' ? '127.0.0.1' : 'unix:',
      localPort: address.kind === 'tcp' ? OWN_PORT : 0,
    };
    const connection = new MemoryConnection(names);
    this.#open.push({ address, connection, readLength: 0 });
    return connection;
  }

  /** Answers a request that is complete, hands over a piece of an answer; false: nothing to do. */
  turn(): boolean {
    return this.#open.some((endpoint) => endpoint.connection.turn() || this.#answer(endpoint));
  }

  #answer(endpoint: OpenEndpoint): boolean {
    const { address, connection } = endpoint;
    const request = readMessage(connection.written.slice(endpoint.readLength));
    if (request === undefined || this.answer === 'refused') return false;
    endpoint.readLength += request.length;
    this.#onAttempt(address, request);
    connection.give(textOf(this.answer, request.startLine.startsWith('HEAD ')));
    return true;
  }
}

interface OpenEndpoint {
  readonly address: Address;
  readonly connection: MemoryConnection;
  /** So much of what was written has been answered. */
  readLength: number;
}

/** Our side of a connection to an endpoint: any ephemeral port will do. */
const OWN_PORT = 50_000;

function textOf(answer: Exclude<PretendedAnswer, 'refused'>, isHead: boolean): string {
  const { fields, status } = answer;
  const hasBody = status >= 200 && status !== 204 && status !== 304;
  const body = hasBody ? Buffer.from(answer.body, 'utf8').toString('latin1') : '';
  const isCounted = valueOf(fields, 'content-length') !== undefined || !hasBody;
  const lines = [
    `HTTP/1.1 ${status} ${reasonPhrase(status)}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...(isCounted ? [] : [`Content-Length: ${body.length}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${isHead ? '' : body}`;
}
