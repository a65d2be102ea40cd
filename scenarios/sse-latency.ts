import { setTimeout as delay } from 'node:timers/promises';
import { still } from '#scenarios/support/bodies.ts';
import { openPage } from '#scenarios/support/chromium.ts';
import {
  EVERY_MS,
  EventClient,
  EventOrigin,
  PAGE_EVENTS,
} from '#scenarios/support/event-origin.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Scenario } from './scenario.ts';

const CLIENTS = 20;
const MAX_MS = 50;
const WATCH_MS = 30_000;
const WATCH_SHORT_MS = 1_000;
/** Until a page that does not report has failed. */
const PAGE_PATIENCE_MS = 20_000;

export const scenario: Scenario = {
  name: 'sse-latency',
  promise: 'server-sent events arrive at once, without any configuration',
  target:
    `an event per ${EVERY_MS} ms to each of ${CLIENTS} clients, beside one that reads nothing: ` +
    `every event in order, the latest after ${MAX_MS} ms; EventSource in chromium receives them`,
  needs: ['chromium'],
  run: async (context) => {
    const origin = await EventOrigin.start();
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
          }
        }`,
    });
    const page = await inChromium(() => openPage(context, weir.url('/page')), origin);
    context.progress(`chromium: ${page.text}`);

    const stopped = await EventClient.open(weir.port, '/flood');
    stopped.stop();
    await still(() => origin.floodBytes, 200);
    const groups = await openGroups(weir.port, origin.port);
    await delay(context.short ? WATCH_SHORT_MS : WATCH_MS);
    for (const client of [stopped, ...Object.values(groups).flat()]) client.close();
    const figures = Object.entries(groups).map(([name, clients]) => summarise(name, clients));
    const proxied = figures.slice(0, 2);
    const minEvents = (context.short ? WATCH_SHORT_MS : WATCH_MS) / EVERY_MS / 2;
    return {
      measured: `${figures.map(({ text }) => text).join('; ')}; chromium: ${page.text}`,
      pass:
        page.isRight &&
        proxied.every(({ faults, fewest }) => faults === 0 && fewest >= minEvents) &&
        (context.short || proxied.every(({ maxMs }) => maxMs <= MAX_MS)),
      details: { figures, page, floodBytes: origin.floodBytes },
    };
  },
};

/** The clients, opened one after the other so that their events do not come all at once. */
async function openGroups(
  port: number,
  originPort: number,
): Promise<Readonly<Record<string, EventClient[]>>> {
  const groups: Record<string, EventClient[]> = { plain: [], 'X-Accel-Buffering': [], direct: [] };
  for (let at = 0; at < CLIENTS; at++) {
    groups['plain']?.push(await EventClient.open(port, '/events'));
    groups['X-Accel-Buffering']?.push(await EventClient.open(port, '/events-accel'));
    if (at % 5 === 0) groups['direct']?.push(await EventClient.open(originPort, '/events'));
    await delay(EVERY_MS / CLIENTS);
  }
  return groups;
}

interface Figures {
  readonly faults: number;
  /** Events of the client that got the fewest. */
  readonly fewest: number;
  readonly maxMs: number;
  readonly text: string;
}

function summarise(name: string, clients: readonly EventClient[]): Figures {
  const sorted = clients.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  const faults = clients.reduce((sum, client) => sum + client.faults, 0);
  const fewest = Math.min(...clients.map(({ latenciesMs }) => latenciesMs.length));
  const maxMs = sorted.at(-1) ?? Number.POSITIVE_INFINITY;
  const p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  const text =
    `${name}: ${sorted.length} events, ${faults} out of order, ` +
    `p99 ${p99Ms.toFixed(1)} ms, max ${maxMs.toFixed(1)} ms`;
  return { faults, fewest, maxMs, text };
}

/** What a page in chromium saw. */
async function inChromium(
  open: () => void,
  origin: EventOrigin,
): Promise<{ isRight: boolean; text: string }> {
  open();
  const patience = new AbortController();
  const seen = await Promise.race([
    origin.report,
    delay(PAGE_PATIENCE_MS, [], { signal: patience.signal }).catch(() => []),
  ]);
  patience.abort();
  const isRight =
    seen.length === PAGE_EVENTS && seen.every(({ number }, index) => number === index);
  const maxMs = Math.max(...seen.map(({ ms }) => ms));
  return {
    isRight,
    text: `${seen.length} events${isRight ? ' in order' : ', NOT RIGHT'}, max ${maxMs.toFixed(1)} ms`,
  };
}
