/** Looks once, before anything is measured, whether a proxy really does the work of a workload. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { accessLogPath, type RunningProcess } from '#native-bench/baselines/proxies.ts';
import { logShows } from './log-lines.ts';
import type { Workload } from './workloads.ts';

/**
 * Sends the workload's request through a proxy. Throws an Error that names proxy and workload when
 * the answer has another status or length than the origin's, when a body arrives at the origin
 * incomplete or changed, or when the access log is not as the workload wants it.
 */
export async function verifyPeer(proxy: RunningProcess, workload: Workload): Promise<void> {
  const refuse = (what: string): never => {
    throw new Error(`${workload.name}: ${proxy.kind} ${what}`);
  };
  const { path, sendBytes, answerBytes, accessLog } = workload;
  const sent = randomBytes(sendBytes);
  const answer = await exchange(proxy.port, path, sent);
  if (answer.status !== 200) refuse(`answers with status ${answer.status}`);
  if (answer.body.length !== answerBytes) {
    refuse(`answers with ${answer.body.length} bytes instead of ${answerBytes}`);
  }
  if (sendBytes > 0) {
    const received = Number(answer.received);
    if (!(received > sendBytes)) refuse(`is answered after ${received} of ${sendBytes} bytes`);
    const echo = await exchange(proxy.port, '/echo', sent);
    if (!echo.body.equals(sent)) refuse('changes the body of a request');
  }
  const log = accessLogPath(proxy);
  const line = `${path} HTTP/1.1`;
  if (accessLog !== 'off') {
    if (!(await logShows(log, line))) refuse('logs nothing');
  } else if (existsSync(log) && readFileSync(log, 'latin1').includes(line)) {
    refuse('logs although the log is off');
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
  /** Bytes that the origin says it has read; only for a POST. */
  readonly received: string | undefined;
}

async function exchange(port: number, path: string, sent: Buffer): Promise<Answer> {
  const method = sent.length > 0 ? 'POST' : 'GET';
  const outgoing = request({ port, path, method, agent: false, host: '127.0.0.1' });
  outgoing.end(sent.length > 0 ? sent : undefined);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const received = response.headers['x-received'];
  return {
    status: response.statusCode,
    body: Buffer.concat(pieces),
    received: Array.isArray(received) ? received[0] : received,
  };
}
