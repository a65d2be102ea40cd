import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { connectionsPerProcess } from '#native-bench/measure/process-usage.ts';
import { soon } from '#scenarios/support/bodies.ts';
import { openPage } from '#scenarios/support/chromium.ts';
import { EchoOrigin, openSocket, type Talk, Talker } from '#scenarios/support/echo-origin.ts';
import { statusOf } from '#scenarios/support/edge.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { processEnd } from '#test/support/processes.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const CLIENTS = 50;
const CLIENTS_SHORT = 8;
const RELOADS = 2;
/** New connections after each reload. */
const NEWCOMERS = 5;
const TALK_MS = 3_000;
const TALK_SHORT_MS = 300;
/** Lengths around those where a frame's head changes, and one that fills many buffers. */
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000, 1024 * 1024];
/** Until a generation without connections has ended. */
const END_PATIENCE_MS = 10_000;

export const scenario: Scenario = {
  name: 'websocket-reload',
  promise: 'WebSockets live on through reloads, without any configuration',
  target:
    `${CLIENTS} clients and a page in chromium talk through ${RELOADS} reloads: 0 lost, every ` +
    'message echoed once in order; new ones go to the new generation; old generations end after ' +
    'their last; binary to 1 MB, pings and close codes pass both ways',
  needs: ['chromium'],
  run: async (context) => {
    const { weir, origin } = await start(context);
    openPage(context, weir.url('/page'));
    const frames = await checkFrames(weir.port, origin);
    context.progress(`frames: ${frames.length === 0 ? 'all as sent' : frames.join('; ')}`);
    await origin.pageTalks();
    const talkers = await openTalkers(weir.port, context.short ? CLIENTS_SHORT : CLIENTS);
    const talkMs = context.short ? TALK_SHORT_MS : TALK_MS;
    const faults: string[] = [];
    const old: number[] = [];
    for (let reload = 1; reload <= RELOADS; reload++) {
      await delay(talkMs);
      const { generationPid } = await statusOf(weir);
      const before = openIn(weir, generationPid);
      const from = weir.output.length;
      weir.signal('SIGHUP');
      await weir.waitForLine(/reconfigured: generation \d+ serves/, from);
      old.push(generationPid);
      const newcomers = await openTalkers(weir.port, NEWCOMERS);
      talkers.push(...newcomers);
      const now = (await statusOf(weir)).generationPid;
      const [kept, taken] = [openIn(weir, generationPid), openIn(weir, now)];
      context.progress(
        `reload ${reload}: ${kept} of ${before} kept, ${taken} in the new generation`,
      );
      if (now === generationPid) faults.push(`reload ${reload}: the same generation`);
      if (kept < before - 1) faults.push(`reload ${reload}: ${kept} of ${before} kept`); // keep-alive
      if (taken < NEWCOMERS) faults.push(`reload ${reload}: ${taken} of ${NEWCOMERS} new ones`);
    }
    await delay(talkMs);
    const pongs = origin.pongs + origin.ping();
    await soon(() => origin.pongs >= pongs);
    if (origin.pongs < pongs) faults.push(`${pongs - origin.pongs} pings without a pong`);
    origin.endPage();
    const talks = await Promise.all(talkers.map((talker) => talker.end()));
    const page = await Promise.race([origin.pageReport, delay(END_PATIENCE_MS, undefined)]);
    // The page tells before the end of its socket has come through to the origin.
    await soon(() => origin.closeCodes.includes('4003 page'));
    if (!origin.closeCodes.includes('4003 page')) faults.push('the close code of the page');
    const ended = Promise.all(old.map(processEnd)).then(() => true);
    const isEnded = await Promise.race([ended, delay(END_PATIENCE_MS, false)]);
    if (!isEnded) faults.push(`generations ${old.join(', ')} have not ended`);
    return judge(talks, page, [...frames, ...faults]);
  },
};

async function start(context: ScenarioContext): Promise<{ weir: Weir; origin: EchoOrigin }> {
  const origin = await EchoOrigin.start();
  context.defer(() => origin.close());
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { }
      http {
        access_log off;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${origin.port}; }
          location = /weir-status { status_json; }
        }
      }`,
  });
  return { weir, origin };
}

function openTalkers(port: number, count: number): Promise<Talker[]> {
  return Promise.all(Array.from({ length: count }, () => Talker.open(port)));
}

/** Connections of clients that a generation holds. */
function openIn(weir: Weir, generationPid: number): number {
  return connectionsPerProcess(weir.pid, weir.port).get(generationPid) ?? 0;
}

/** Binary messages, pings and close codes, each way; what was wrong with them. */
async function checkFrames(port: number, origin: EchoOrigin): Promise<string[]> {
  const faults: string[] = [];
  const socket = await openSocket(port);
  for (const length of LENGTHS) {
    const data = randomBytes(length);
    socket.send(data);
    const [echo, isBinary] = (await heard(socket, 'message')) as [Buffer, boolean];
    if (!isBinary || !echo.equals(data)) faults.push(`binary message of ${length} bytes`);
  }
  socket.ping('payload');
  const [payload] = (await heard(socket, 'pong')) as [Buffer];
  if (String(payload) !== 'payload') faults.push(`pong with ${payload}`);
  origin.ping();
  await heard(socket, 'ping');

  socket.close(4001, 'bye');
  const [own] = (await heard(socket, 'close')) as [number];
  await soon(() => origin.closeCodes.includes('4001 bye'));
  if (own !== 4001 || !origin.closeCodes.includes('4001 bye')) faults.push(`close code ${own}`);
  const asking = await openSocket(port);
  asking.send('close 4002');
  const [code, reason] = (await heard(asking, 'close')) as [number, Buffer];
  if (code !== 4002 || String(reason) !== 'asked') faults.push(`close code ${code} ${reason}`);
  return faults;
}

function heard(socket: WebSocket, event: string): Promise<unknown[]> {
  return once(socket, event, { signal: AbortSignal.timeout(END_PATIENCE_MS) });
}

function judge(
  talks: readonly Talk[],
  page: Talk | undefined,
  faults: readonly string[],
): { measured: string; pass: boolean; details: Record<string, unknown> } {
  const sum = (of: (talk: Talk) => number): number =>
    talks.reduce((total, talk) => total + of(talk), 0);
  const lost = talks.filter(({ isLost }) => isLost).length;
  const [sent, echoed, disorder] = [
    sum((talk) => talk.sent),
    sum((talk) => talk.echoed),
    sum((talk) => talk.disorder),
  ];
  const isPageRight =
    page !== undefined &&
    !page.isLost &&
    page.sent > 0 &&
    page.echoed === page.sent &&
    page.disorder === 0;
  return {
    measured:
      `${lost} of ${talks.length} lost; ${echoed} of ${sent} messages echoed, ${disorder} out of ` +
      `order; page: ${page === undefined ? 'no report' : `${page.echoed} of ${page.sent}`}; ` +
      `${faults.length === 0 ? 'generations, frames, codes right' : `NOT RIGHT: ${faults.join('; ')}`}`,
    pass:
      lost === 0 &&
      sent > 0 &&
      echoed === sent &&
      disorder === 0 &&
      isPageRight &&
      faults.length === 0,
    details: { talks, page, faults },
  };
}
