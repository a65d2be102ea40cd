import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BodyOrigin,
  type BodyReader,
  download,
  soon,
  still,
  upload,
} from '#scenarios/support/bodies.ts';
import { MemoryWatch } from '#scenarios/support/memory-watch.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const KB = 1024;
const MB = 1024 * KB;
/** The configured buffers, written out in `conf`: what a body may take. */
const RESPONSE_BUFFERS_KB = 16 + 8 * 4;
const REQUEST_BUFFERS_KB = 16;
const ALLOWANCE_KB = 2 * KB;
/** In the short form the bodies are small and much else happens: only the order is judged. */
const SHORT_ALLOWANCE_KB = 16 * KB;

/** As much in all as is measured then: code is compiled while much of a body has gone by. */
const WARM_TURNS = 8;

/** More than the kernel's buffers of four sockets may take, however they have grown. */
const STREAMED_BYTES = 96 * MB;

const CLIENTS = 200;
const CLIENTS_SHORT = 10;
/** Of each of the many, on disk. */
const CAPPED_FILE_MB = 4;

export const scenario: Scenario = {
  name: 'stopped-reader',
  promise: 'a reader that stops costs the configured buffers, however long the body is',
  target:
    '1 GB down and up, buffered and streamed: RSS grows by the buffers + 2 MB at most, every body ' +
    `arrives intact; ${CLIENTS} stopped clients: by ${CLIENTS} × the buffers + 2 MB`,
  run: async (context) => {
    const stage = await start(context);
    const sizes = context.short
      ? { warmBytes: 16 * MB, bytes: 32 * MB }
      : { warmBytes: 128 * MB, bytes: 1024 * MB };
    const cells: Cell[] = [];
    for (const [name, run] of Object.entries(CELLS)) {
      for (let turn = 0; turn < (context.short ? 1 : WARM_TURNS); turn++) {
        await run({ ...stage, bytes: sizes.warmBytes });
      }
      await delay(context.short ? 50 : 1500);
      const bytes = name.endsWith('streamed') ? Math.max(sizes.bytes, STREAMED_BYTES) : sizes.bytes;
      const cell = { name, ...(await run({ ...stage, bytes })) };
      context.progress(tell(cell));
      cells.push(cell);
    }
    for (const path of ['/streamed', '/capped']) {
      await many({ ...stage, path, count: context.short ? 2 : 8 });
      await delay(context.short ? 50 : 1500);
      const cell = await many({ ...stage, path, count: context.short ? CLIENTS_SHORT : CLIENTS });
      context.progress(tell(cell));
      cells.push(cell);
    }
    const extraKb = context.short ? SHORT_ALLOWANCE_KB : ALLOWANCE_KB;
    return {
      measured: cells.map(tell).join('; '),
      pass: cells.every(
        ({ peakKb, buffersKb, isRight }) => isRight && peakKb <= buffersKb + extraKb,
      ),
      details: { cells },
    };
  },
};

/** What one experiment found. */
interface Found {
  /** Growth of the resident memory while the reader stood still, and what it may be. */
  readonly peakKb: number;
  readonly endKb: number;
  readonly sampleCount: number;
  readonly buffersKb: number;
  /** What had left the sender when all stood still. */
  readonly sentMb: number;
  /** The body arrived intact, and the other side was free, or held, as it had to be. */
  readonly isRight: boolean;
}

interface Cell extends Found {
  readonly name: string;
}

interface Stage {
  readonly context: ScenarioContext;
  readonly weir: Weir;
  readonly origin: BodyOrigin;
}

interface One extends Stage {
  readonly bytes: number;
}

interface Many extends Stage {
  /** Of the location, without its last slash. */
  readonly path: string;
  readonly count: number;
}

const CELLS: Readonly<Record<string, (one: One) => Promise<Found>>> = {
  'down, buffered': (one) => down(one, '', true),
  'down, streamed': (one) => down(one, '/streamed', false),
  'up, buffered': upBuffered,
  'up, streamed': upStreamed,
};

async function start(context: ScenarioContext): Promise<Stage> {
  const origin = await BodyOrigin.start();
  context.defer(() => origin.close());
  const [bodies, answers] = ['bodies', 'answers'].map((name) => join(context.directory, name));
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 1;
      error_log stderr notice;
      events { worker_connections 2048; }
      http {
        access_log off;
        client_max_body_size 0;
        client_body_buffer_size 16k;
        client_body_temp_path ${bodies};
        proxy_buffer_size 16k;
        proxy_buffers 8 4k;
        proxy_busy_buffers_size 16k;
        proxy_temp_file_write_size 64k;
        proxy_temp_path ${answers};
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${origin.port}; }
          location /streamed/ {
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:${origin.port};
          }
          location /capped/ {
            proxy_max_temp_file_size ${CAPPED_FILE_MB}m;
            proxy_pass http://127.0.0.1:${origin.port};
          }
        }
      }`,
  });
  return { context, weir, origin };
}

/** The client stops. Buffered, the origin gets rid of everything; streamed, it is held back. */
async function down(
  { context, weir, origin, bytes }: One,
  path: string,
  isBuffered: boolean,
): Promise<Found> {
  const memory = new MemoryWatch(weir.pid);
  const next = origin.exchanges.length;
  const reader = await download(weir.port, `${path}/down/${bytes}`);
  const { sender } = await origin.exchange(next);
  if (sender === undefined) throw new Error('the origin was asked for something else');
  const patienceMs = context.short ? 10_000 : 120_000;
  if (isBuffered) await soon(() => sender.sentBytes === bytes, patienceMs);
  await still(() => sender.sentBytes, stillMs(context));
  const { sentBytes } = sender;
  const growth = memory.end();
  const isIntact = await readOn(reader);
  return {
    ...growth,
    buffersKb: RESPONSE_BUFFERS_KB,
    sentMb: sentBytes / MB,
    isRight: isIntact && reader.digest === sender.digest && (sentBytes === bytes) === isBuffered,
  };
}

/** The origin hears nothing before the end, and stops while the whole body is sent to it. */
async function upBuffered({ context, weir, origin, bytes }: One): Promise<Found> {
  const memory = new MemoryWatch(weir.pid);
  const next = origin.exchanges.length;
  const { sender, request, answer } = upload(weir.port, '/up-stopped', bytes);
  await sender.sendTo(request, bytes - 1);
  await still(() => origin.exchanges.length, 100);
  const isHeldBack = origin.exchanges.length === next;
  await sender.sendTo(request);
  request.end();
  const { reader } = await origin.exchange(next);
  if (reader === undefined) throw new Error('the origin was asked for something else');
  await delay(2 * stillMs(context));
  const receivedBytes = reader.receivedBytes;
  const growth = memory.end();
  reader.goOn();
  const { body } = await answer;
  return {
    ...growth,
    buffersKb: REQUEST_BUFFERS_KB,
    sentMb: bytes / MB,
    isRight: isHeldBack && receivedBytes < bytes && body === sender.digest,
  };
}

/** The origin stops at once: the client is held back. */
async function upStreamed({ context, weir, origin, bytes }: One): Promise<Found> {
  const memory = new MemoryWatch(weir.pid);
  const next = origin.exchanges.length;
  const { sender, request, answer } = upload(weir.port, '/streamed/up-stopped', bytes);
  void sender.sendTo(request).then((isSent) => void (isSent && request.end()));
  const { reader } = await origin.exchange(next);
  if (reader === undefined) throw new Error('the origin was asked for something else');
  await still(() => sender.sentBytes, stillMs(context));
  const { sentBytes } = sender;
  const growth = memory.end();
  reader.goOn();
  const { body } = await answer;
  return {
    ...growth,
    buffersKb: REQUEST_BUFFERS_KB,
    sentMb: sentBytes / MB,
    isRight: sentBytes < bytes && body === sender.digest,
  };
}

/** Many that stop reading a gigabyte each, and go away. */
async function many({ context, weir, origin, path, count }: Many): Promise<Cell> {
  const memory = new MemoryWatch(weir.pid);
  const first = origin.exchanges.length;
  const readers: BodyReader[] = [];
  for (let at = 0; at < count; at++) {
    readers.push(await download(weir.port, `${path}/down/${1024 * MB}`));
  }
  await origin.exchange(first + count - 1);
  const sentBytes = (): number =>
    origin.exchanges.slice(first).reduce((sum, { sender }) => sum + (sender?.sentBytes ?? 0), 0);
  await still(sentBytes, stillMs(context));
  const growth = memory.end();
  const sentMb = sentBytes() / MB;
  const isHeldBack = sentMb < count * 64;
  const isAllThere = readers.every(({ message }) => !message.destroyed);
  for (const { message } of readers) message.destroy();
  return {
    name: `${count} clients, ${path.slice(1)}`,
    ...growth,
    buffersKb: count * RESPONSE_BUFFERS_KB,
    sentMb,
    isRight: isHeldBack && isAllThere,
  };
}

async function readOn(reader: BodyReader): Promise<boolean> {
  reader.goOn();
  return await reader.isWhole;
}

function tell({ name, peakKb, endKb, buffersKb, sentMb, isRight }: Cell): string {
  const [peak, end] = [peakKb, endKb].map((kb) => `${kb < 0 ? '' : '+'}${(kb / KB).toFixed(1)}`);
  const buffers = (buffersKb / KB).toFixed(1);
  const verdict = isRight ? 'intact' : 'NOT RIGHT';
  return (
    `${name}: ${peak} MB (at the end ${end}, buffers ${buffers}), ` +
    `${sentMb.toFixed(0)} MB sent, ${verdict}`
  );
}

/** How long nothing may move until all stands still. */
function stillMs({ short }: ScenarioContext): number {
  return short ? 120 : 1000;
}
