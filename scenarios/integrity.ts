import { Secrets } from '#scenarios/support/integrity/bytes.ts';
import { Draw } from '#scenarios/support/integrity/draw.ts';
import { cutEverywhere } from '#scenarios/support/integrity/every-offset.ts';
import { IntegrityClient } from '#scenarios/support/integrity/integrity-client.ts';
import { startOriginThread } from '#scenarios/support/integrity/origin-thread.ts';
import type { Conversation } from '#scenarios/support/integrity/plan.ts';
import { OFFENCES, Tally } from '#scenarios/support/integrity/tally.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const EXCHANGES = 1_000_000;
const EXCHANGES_SHORT = 4_000;
const CONCURRENCY = 48;
/** Conversations by lot have the numbers below, those at every offset the numbers from here on. */
const FIRST_OFFSET_NUMBER = 5_000_000;
const PROGRESS_MS = 30_000;
/** What is wrong is known by then. */
const MAX_OFFENCES = 40;

/**
 * The paths of the configuration: how bodies are held in it. What a user may set is in all of them
 * together, so that neither order nor buffers decide what arrives.
 */
const LOCATIONS: Readonly<Record<string, string>> = {
  usual: '',
  stream: 'proxy_request_buffering off; proxy_buffering off;',
  spill: 'client_body_buffer_size 4k; proxy_buffers 2 4k; proxy_max_temp_file_size 256k;',
  deaf: 'proxy_ignore_client_abort on; proxy_request_buffering off;',
};

/**
 * What a user may say in the environment to look closer:
 * WEIR_INTEGRITY_EXCHANGES=N (so many by lot), WEIR_INTEGRITY_CASE=N (that conversation alone, with
 * the seed it was drawn from), WEIR_INTEGRITY_WITHOUT=upgrade,trailers (kinds left out).
 */
const { env } = process;

export const scenario: Scenario = {
  name: 'integrity',
  promise:
    'whoever goes away at whatever byte: no user gets a byte of another, nothing twice, no part as the whole',
  target: `${EXCHANGES.toLocaleString('en')} exchanges: 0 mixed, 0 duplicated, 0 truncated as whole, 0 failed without a fault`,
  run: async (context) => {
    const { seed, short, signal } = context;
    const origin = await startOriginThread(seed);
    const port = await startEdge(context, origin.ports);
    const secrets = new Secrets(seed);
    const tally = new Tally();
    const client = new IntegrityClient(port, secrets, tally);
    const without = new Set((env['WEIR_INTEGRITY_WITHOUT'] ?? '').split(','));
    const locations = Object.keys(LOCATIONS);
    const isEnough = (): boolean => signal.aborted || tally.offences >= MAX_OFFENCES;
    const startMs = performance.now();
    const ticker = setInterval(() => {
      context.progress(`${tally.exchanges} exchanges, ${tally.offences} offences`);
    }, PROGRESS_MS);
    context.defer(() => clearInterval(ticker));

    const alone = env['WEIR_INTEGRITY_CASE'];
    const isWhole = !short && alone === undefined;
    const cuts = await (alone === undefined
      ? cutEverywhere(client, secrets, {
          locations: isWhole ? locations : ['stream'],
          without,
          bodyBytes: 40,
          step: isWhole ? 1 : 29,
          first: isWhole ? 0 : seed % 29,
          concurrency: CONCURRENCY,
          numberFrom: FIRST_OFFSET_NUMBER,
          isEnough,
        })
      : {});
    const draw = new Draw(
      { seed, without, locations, maxBytes: 1024 * 1024, faultPercent: 33 },
      secrets,
    );
    const count = Number(env['WEIR_INTEGRITY_EXCHANGES'] ?? (short ? EXCHANGES_SHORT : EXCHANGES));
    let number = 0;
    const next = (): Conversation | undefined =>
      isEnough() || tally.exchanges >= count ? undefined : draw.conversation(number++);
    if (alone === undefined) await client.converseAll(next, CONCURRENCY);
    else await client.converse(draw.conversation(Number(alone)));

    client.close();
    tally.merge(await origin.stop());
    const seconds = (performance.now() - startMs) / 1000;
    const { verdicts, offences, counts, stories } = tally.report();
    for (const story of stories) context.progress(`seed ${seed}: ${story}`);
    const total = tally.exchanges;
    const { mixed, duplicated, truncated, malformed, stuck, unexpected } = offences;
    return {
      measured:
        `${total} exchanges (${verdicts.ok} whole, ${verdicts.failed} visibly failed, ` +
        `${verdicts.aborted} given up by the client): ${mixed} mixed, ${duplicated} duplicated, ` +
        `${truncated} truncated as whole, ${unexpected} failed without a fault, ` +
        `${malformed} malformed, ${stuck} stuck`,
      pass: OFFENCES.every((offence) => offences[offence] === 0) && total > 0,
      details: {
        exchanges: total,
        conversations: number,
        seconds,
        verdicts,
        offences,
        counts,
        cuts,
        stories,
      },
    };
  },
};

/** The edge, two threads in front of two ports of the origin; its port. */
async function startEdge(context: ScenarioContext, ports: readonly number[]): Promise<number> {
  const servers = ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(' ');
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr crit;
      events { worker_connections 4096; }
      http {
        access_log off;
        client_max_body_size 2m;
        keepalive_requests 500;
        proxy_http_version 1.1;
        proxy_pass_trailers on;
        early_hints 1;
        upstream origin { ${servers} keepalive 32; }
        server {
          listen 127.0.0.1:${port};
          ${Object.entries(LOCATIONS)
            .map(([name, text]) => `location /${name}/ { proxy_pass http://origin; ${text} }`)
            .join('\n          ')}
        }
      }`,
  });
  return weir.port;
}
