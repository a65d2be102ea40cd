/** `weir explain URL`: what becomes of a request, and why. Opens no socket. */

import { UnusableRequest } from '#src/explain/asked-request.ts';
import { OfflineHosts } from '#src/explain/offline-hosts.ts';
import type { PretendedAnswer } from '#src/explain/pretended-endpoint.ts';
import { report } from '#src/explain/report.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';
import { printPage } from './print-page.ts';
import { rehearsalOf } from './rehearsal-of.ts';
import { sayProblems } from './say.ts';
import { CONFIG_OPTIONS, configPlaceOf, type GivenOptions, readOptions } from './sub-command.ts';

export const EXPLAIN_HELP = `Usage: weir explain URL [options]

Says what becomes of a request: which listener, server and location take it and why the others do
not, what rewrites it, what an endpoint would be sent, what the client gets. No socket is opened.

Options:
  -X METHOD           : instead of GET
  -H 'NAME: VALUE'    : a field of the request; may be given several times
  -d TEXT             : a body
  --from ADDRESS      : of the client (default: 203.0.113.7)
  --listen ADDRESS    : port, address:port or unix:/path it comes in on (default: by the URL)
  --answer STATUS     : what endpoints answer (default: 200); "refused": they take no connection
  --json              : everything as JSON
  -c FILE, -p PREFIX, -g DIRECTIVES : the configuration, as without a command
`;

const OPTIONS = {
  values: [
    ['-X', '--method'],
    ['-H', '--header'],
    ['-d', '--data'],
    ['--from'],
    ['--listen'],
    ['--answer'],
    ...CONFIG_OPTIONS,
  ],
  flags: ['--json', '-h', '--help'],
};

/** @returns the exit code: 0 explained, 1 the configuration or the request cannot be used */
export async function explain(args: readonly string[], usualFile: string): Promise<number> {
  const given = readOptions(args, OPTIONS);
  if (typeof given === 'string') return failed(given);
  if (given.flags.has('-h') || given.flags.has('--help')) {
    process.stdout.write(EXPLAIN_HELP);
    return 0;
  }
  const [url, surplus] = given.words;
  if (url === undefined) return failed('explain what? weir explain http://host/path');
  if (surplus !== undefined) return failed(`one URL at a time: what is "${surplus}"?`);
  const answer = answerOf(given.values.get('--answer')?.at(-1) ?? '200');
  if (answer === undefined) return failed('--answer takes a status from 200 to 599, or "refused"');
  const fields = fieldsOf(given.values.get('-H') ?? []);
  if (typeof fields === 'string') return failed(fields);
  return await explainUrl(url, configPlaceOf(given, usualFile), given, fields, answer);
}

async function explainUrl(
  url: string,
  place: ConfigPlace,
  { flags, values }: GivenOptions,
  fields: readonly (readonly [string, string])[],
  answer: PretendedAnswer,
): Promise<number> {
  const hosts = new OfflineHosts();
  const { model, problems, tree } = await loadConfiguration({
    ...place,
    lookup: hosts.lookup,
  });
  const rehearsal = model === undefined ? undefined : await rehearsalOf(tree, place, hosts);
  if (rehearsal === undefined) {
    sayProblems(problems.filter(({ severity }) => severity === 'emerg'));
    return failed(`configuration file ${place.file} cannot be used`);
  }
  const last = (name: string) => values.get(name)?.at(-1);
  try {
    const asked = {
      url,
      fields,
      method: last('-X'),
      body: last('-d'),
      from: last('--from'),
      listen: last('--listen'),
    };
    const explanation = await rehearsal.ask(asked, answer);
    const text = flags.has('--json')
      ? `${JSON.stringify(explanation, undefined, 2)}\n`
      : report(explanation, process.cwd());
    printPage(hosts.named(text));
    return 0;
  } catch (error) {
    if (error instanceof UnusableRequest) return failed(error.message);
    throw error;
  } finally {
    rehearsal.close();
  }
}

function answerOf(text: string): PretendedAnswer | undefined {
  if (text === 'refused') return text;
  return /^[2-5]\d\d$/.test(text) ? { status: Number(text), fields: [], body: '' } : undefined;
}

/** `Name: value`, as curl takes it; a string says what is wrong. */
function fieldsOf(texts: readonly string[]): readonly (readonly [string, string])[] | string {
  const fields: (readonly [string, string])[] = [];
  for (const text of texts) {
    const colon = text.indexOf(':');
    if (colon <= 0) return `"${text}" is no field: write -H 'Name: value'`;
    fields.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  return fields;
}

function failed(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return 1;
}
