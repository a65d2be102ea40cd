import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BodyOrigin, download, soon, still, uploadWhole } from '#scenarios/support/bodies.ts';
import { SmallDisk } from '#scenarios/support/small-disk.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { RawClient } from '#test/support/raw-client.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const KB = 1024;
const MB = 1024 * KB;
const DISK_BYTES = 8 * MB;
const TOO_LARGE_BYTES = 3 * DISK_BYTES;
/** More than the disk and the kernel's buffers before a stopped client together. */
const DOWN_BYTES = 64 * MB;
const ROUNDS = 10;

export const scenario: Scenario = {
  name: 'spool-full',
  promise: 'a full spool disk is told to those who need it, harms nobody else and leaves nothing',
  target:
    'every upload that does not fit: 500 spool_failed, page and log line; slow downloads intact; ' +
    'others: 0 failed; nothing left on the disk; uploads work when there is room',
  needs: ['unshare', 'mount'],
  run: async (context) => {
    const stage = await start(context);
    const { weir, disk } = stage;
    const freeBytes = disk.freeBytes;
    const others = new Others(weir.port);
    const rounds: Round[] = [];
    for (let at = 0; at < (context.short ? 1 : ROUNDS) && !context.signal.aborted; at++) {
      rounds.push(await round(stage, freeBytes));
      context.progress(`round ${at + 1}: ${tell(rounds.at(-1))}`);
    }
    await others.end();
    const wrong = rounds.flatMap((found) =>
      Object.entries(found).flatMap(([name, isSo]) => (isSo ? [] : [name])),
    );
    const isAlive = weir.exit === undefined && !/\bdied\b|\[alert\]/.test(weir.output);
    const { counts, failures } = others;
    return {
      measured:
        `${rounds.length} rounds: ${wrong.length === 0 ? 'all as it should be' : `NOT ${[...new Set(wrong)].join(', NOT ')}`}; ` +
        `others: ${failures.length} failed of ${counts.small} small, ${counts.plain} without body, ` +
        `${counts.large} of 32 MB on another disk${isAlive ? '' : '; WEIR DIED'}`,
      pass:
        wrong.length === 0 &&
        failures.length === 0 &&
        counts.small > 0 &&
        counts.large > 0 &&
        isAlive,
      details: { rounds, counts, failures, log: weir.output.slice(0, 4000) },
    };
  },
};

/** What one round found to be so. */
interface Round {
  readonly 'an upload that does not fit answered 500 with a page': boolean;
  readonly 'the reason told to who asks for JSON': boolean;
  readonly 'a client that reads only at its end answered': boolean;
  readonly 'logged once each': boolean;
  readonly 'space given back after uploads': boolean;
  readonly 'the disk full and the origin held while a slow client waits': boolean;
  readonly 'an upload refused meanwhile': boolean;
  readonly 'the slow download intact': boolean;
  readonly 'nothing left': boolean;
  readonly 'refused while somebody else fills the disk': boolean;
  readonly 'uploads intact with space again': boolean;
}

interface Stage {
  readonly context: ScenarioContext;
  readonly weir: Weir;
  readonly origin: BodyOrigin;
  readonly disk: SmallDisk;
}

async function start(context: ScenarioContext): Promise<Stage> {
  const origin = await BodyOrigin.start();
  context.defer(() => origin.close());
  const disk = new SmallDisk(context.directory, DISK_BYTES);
  const roomy = join(context.directory, 'roomy');
  mkdirSync(roomy);
  const weir = await startWeirFor(context, {
    weir: disk.launcher,
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { }
      http {
        access_log off;
        client_max_body_size 0;
        server {
          listen 127.0.0.1:${port};
          location / {
            client_body_temp_path ${disk.folder}/bodies;
            proxy_temp_path ${disk.folder}/answers;
            proxy_pass http://127.0.0.1:${origin.port};
          }
          location /roomy/ {
            client_body_temp_path ${roomy}/bodies;
            proxy_temp_path ${roomy}/answers;
            proxy_pass http://127.0.0.1:${origin.port};
          }
        }
      }`,
  });
  disk.lookThrough(weir.pid);
  return { context, weir, origin, disk };
}

async function round({ context, weir, origin, disk }: Stage, freeBytes: number): Promise<Round> {
  const isFree = (): boolean => disk.freeBytes === freeBytes;
  const logged = (): number => weir.output.split('spool_failed').length - 1;
  const logBefore = logged();
  const page = await uploadWhole(weir.port, '/up', TOO_LARGE_BYTES, { accept: 'text/html' });
  const json = await uploadWhole(weir.port, '/up', TOO_LARGE_BYTES, { accept: 'application/json' });
  const late = await uploadThenRead(weir.port);
  await soon(() => logged() - logBefore >= 3);
  const logCount = logged() - logBefore;
  const isFreeAfterUploads = await soon(isFree);

  const next = origin.exchanges.length;
  const reader = await download(weir.port, `/slow/down/${DOWN_BYTES}`);
  const { sender } = await findExchange(origin, next, '/slow/');
  await soon(() => disk.freeBytes < DISK_BYTES / 8);
  await still(() => sender?.sentBytes ?? 0, context.short ? 200 : 1000);
  const isFull = disk.freeBytes < DISK_BYTES / 8;
  const isHeld = sender !== undefined && sender.sentBytes < DOWN_BYTES;
  const meanwhile = await uploadWhole(weir.port, '/up', DISK_BYTES / 2);
  reader.goOn();
  const isWhole = await reader.isWhole;
  const isFreeAfterDownload = await soon(isFree);
  const isNothingLeft = isFreeAfterDownload && disk.files.length === 0;

  const release = disk.occupy(DISK_BYTES - MB);
  const crowded = await uploadWhole(weir.port, '/up', DISK_BYTES / 2);
  release();
  await soon(isFree);
  const again = await uploadWhole(weir.port, '/up', DISK_BYTES / 2);
  return {
    'an upload that does not fit answered 500 with a page':
      page.status === 500 && /<h1>500 Internal Server Error<\/h1>/.test(page.body),
    'the reason told to who asks for JSON':
      json.status === 500 && /"reason":\s*"spool_failed"/.test(json.body),
    'a client that reads only at its end answered': late === 500,
    'logged once each': logCount === 3,
    'space given back after uploads': isFreeAfterUploads,
    'the disk full and the origin held while a slow client waits': isFull && isHeld,
    'an upload refused meanwhile': meanwhile.status === 500,
    'the slow download intact': isWhole && reader.digest === sender?.digest,
    'nothing left': isNothingLeft,
    'refused while somebody else fills the disk': crowded.status === 500,
    'uploads intact with space again': again.isIntact && (await soon(isFree)),
  };
}

/** Clients that need no spool, or another one, all the time. */
class Others {
  readonly counts = { small: 0, plain: 0, large: 0 };
  readonly failures: string[] = [];
  readonly #loops: readonly Promise<void>[];
  #isOver = false;

  constructor(port: number) {
    this.#loops = [
      this.#loop('small', async () => (await uploadWhole(port, '/up', 4 * KB)).isIntact, 5),
      this.#loop('plain', () => isPlainFine(port), 5),
      this.#loop('large', async () => (await uploadWhole(port, '/roomy/up', 32 * MB)).isIntact, 50),
    ];
  }

  /** Lets each finish what it does. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop(
    name: 'small' | 'plain' | 'large',
    isFine: () => Promise<boolean>,
    pauseMs: number,
  ): Promise<void> {
    while (!this.#isOver) {
      try {
        if (!(await isFine())) this.failures.push(`${name}: not intact`);
      } catch (error) {
        this.failures.push(`${name}: ${String(error)}`);
      }
      this.counts[name] += 1;
      await delay(pauseMs);
    }
  }
}

async function isPlainFine(port: number): Promise<boolean> {
  const reader = await download(port, `/down/${100 * KB}`);
  reader.goOn();
  return (await reader.isWhole) && reader.receivedBytes === 100 * KB;
}

/** Sends all of a body that does not fit before it reads anything; the answer's status. */
async function uploadThenRead(port: number): Promise<number | string> {
  const client = await RawClient.connect(port);
  try {
    client.pause();
    await client.sent(
      `POST /up HTTP/1.1\r\nHost: weir.test\r\nContent-Length: ${TOO_LARGE_BYTES}\r\n\r\n`,
    );
    await client.sent(Buffer.alloc(TOO_LARGE_BYTES, 'x'));
    client.resume();
    return (await client.response('POST')).status;
  } catch (error) {
    return String(error);
  } finally {
    client.close();
  }
}

async function findExchange(
  origin: BodyOrigin,
  from: number,
  prefix: string,
): Promise<Awaited<ReturnType<BodyOrigin['exchange']>>> {
  for (let at = from; ; at++) {
    const exchange = await origin.exchange(at);
    if (exchange.path.startsWith(prefix)) return exchange;
  }
}

function tell(found: Round | undefined): string {
  const wrong = Object.entries(found ?? {}).filter(([, isSo]) => !isSo);
  return wrong.length === 0
    ? 'all as it should be'
    : `NOT ${wrong.map(([name]) => name).join(', NOT ')}`;
}
