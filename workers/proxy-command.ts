/** `weir proxy ENDPOINT …`: an edge without a configuration file. */
import { MAX_PORT, parsePort } from '#src/base/address.ts';
import {
  isHostName,
  listenAddress,
  type ProxyWishes,
  proxyConf,
  readEndpoint,
} from './proxy-conf.ts';
import { runMaster } from './run-master.ts';
import { type GivenOptions, readOptions } from './sub-command.ts';

const HELP = `Usage: weir proxy ENDPOINT ... [options]

Serves what endpoints answer, without a configuration file: weir proxy :3000 --port 8080

An endpoint is :PORT (of this machine), HOST:PORT, http://HOST[:PORT] or unix:/PATH. Several are asked
in turn, and one that fails is left out for a while. They are sent the host that was asked for, and who
asked in X-Real-IP and X-Forwarded-For, -Proto, -Host and -Port. Request bodies have at most 100 MB.

Options:
  --port PORT       : where to listen (default: 8080)
  --address ADDRESS : on which address (default: on every one)
  --host NAME       : serve requests for this host only; others get 421
  --print           : print the configuration instead, as a start for a file
`;

const OPTIONS = {
  values: [['--port'], ['--address'], ['--host']],
  flags: ['--print', '-h', '--help'],
};

const DEFAULT_PORT = '8080';

/** @returns the exit code; undefined when a master now runs in this process */
export async function proxy(args: readonly string[]): Promise<number | undefined> {
  const given = readOptions(args, OPTIONS);
  if (typeof given === 'string') return failed(given);
  const { flags } = given;
  if (flags.has('-h') || flags.has('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const wishes = wishesOf(given);
  if (typeof wishes === 'string') return failed(wishes);
  const globals = proxyConf(wishes);
  if (flags.has('--print')) {
    process.stdout.write(globals);
    return 0;
  }
  const place = { file: '/dev/null', prefix: process.cwd(), globals, errorLog: undefined };
  const code = await runMaster(place, (line) =>
    line.replace(CHANGE_LISTEN, 'choose another --port'),
  );
  if (code === undefined) {
    const { address = 'every address', port, host, endpoints } = wishes;
    const name = host === undefined ? '' : ` for ${host}`;
    const what = `serves on ${address}, port ${port}${name}: ${endpoints.join(', ')}`;
    process.stderr.write(`weir: [notice] ${what}; Ctrl+C ends it\n`);
  }
  return code;
}

/** The advice of bound-sockets.ts and port-holder.ts, which nobody can follow here. */
const CHANGE_LISTEN = /change "listen"( in command line:\d+)?/;

/** What is asked for; a string says what is wrong with it. */
function wishesOf({ words, values }: GivenOptions): ProxyWishes | string {
  if (words.length === 0) return 'proxy what? weir proxy :3000 (--help says more)';
  const endpoints: string[] = [];
  for (const word of words) {
    const endpoint = readEndpoint(word);
    if ('problem' in endpoint) return endpoint.problem;
    endpoints.push(endpoint.address);
  }
  const last = (name: string) => values.get(name)?.at(-1);
  const portText = last('--port') ?? DEFAULT_PORT;
  const port = parsePort(portText);
  if (port === undefined) return `--port takes a number from 1 to ${MAX_PORT}, not "${portText}"`;
  const addressText = last('--address');
  const address = addressText === undefined ? undefined : listenAddress(addressText);
  if (addressText !== undefined && address === undefined) {
    return `--address takes an IP address or a host name, not "${addressText}"`;
  }
  const host = last('--host');
  if (host !== undefined && !isHostName(host)) {
    return `--host takes a name such as example.org, not "${host}"`;
  }
  return { endpoints, port, address, host };
}

function failed(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return 1;
}
