/** `event_webhook` in a generation's main thread: brings Node's HTTP. */
import { hostname } from 'node:os';
import type { EdgeEvent } from '#src/admin/edge-event.ts';
import { Webhook } from '#src/admin/webhook.ts';
import type { ErrorLog } from '#src/base/log.ts';
import type { Outline } from './messages.ts';

/** @returns what sends an event to all of them */
export function openWebhooks(
  { configFile, eventWebhooks }: Outline,
  log: ErrorLog,
): (event: EdgeEvent) => void {
  const around = {
    origin: { host: hostname(), configuration: configFile },
    later: (ms: number, then: () => void) => void setTimeout(then, ms),
    warn: (line: string) => log.warn(line),
  };
  const webhooks = eventWebhooks.map((config) => new Webhook(config, around));
  return (event) => {
    for (const webhook of webhooks) webhook.send(event);
  };
}
