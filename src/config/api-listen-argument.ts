/** The words of `api_listen`: where the API is asked. */
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { type Address, parseAddress } from '#src/base/address.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** One way in. */
export interface ApiListen {
  readonly address: Address;
  /** `write=on`: not only to look, but to change upstreams. */
  readonly mayWrite: boolean;
}

const ADVICE = 'write unix:/path, 127.0.0.1:port or off';

/** `'off'`: there is none. Undefined after reporting what is wrong. */
export function parseApiListen(
  [where, write]: readonly Word[],
  context: ParseContext,
): ApiListen | 'off' | undefined {
  if (where === undefined) return undefined;
  if (where.text === 'off' && write === undefined) return 'off';
  // 0 stands for "no port": there is no usual one.
  const address = parseAddress(where.text, 0);
  if (address === undefined || (address.kind === 'tcp' && address.port === 0)) {
    return reportInvalid(context, where, 'address', ADVICE);
  }
  if (address.kind === 'tcp' && isIP(address.host) === 0) {
    return reportInvalid(context, where, 'address', `no name can stand here: ${ADVICE}`);
  }
  const mayWrite = parseWrite(write, address, context);
  if (mayWrite === undefined) return undefined;
  if (address.kind === 'unix') {
    return { address: { kind: 'unix', path: context.tools.resolvePath(address.path) }, mayWrite };
  }
  if (!isLoopback(address.host)) {
    const message = `the API on ${where.text} asks nobody who they are`;
    const advice = 'listen on 127.0.0.1 or a unix socket, or let a firewall decide who gets there';
    context.problems.warn(placeOfWord(context.node, where), message, advice);
  }
  return { address, mayWrite };
}

/** On a unix socket its mode says who may; over TCP only who is told may write, as in NGINX Plus. */
function parseWrite(
  word: Word | undefined,
  address: Address,
  context: ParseContext,
): boolean | undefined {
  if (word === undefined) return address.kind === 'unix';
  if (word.text === 'write=on') return true;
  if (word.text === 'write=off') return false;
  return reportInvalid(context, word, 'parameter', 'known are write=on and write=off');
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** The ways in; without the directive there is a unix socket beside the pid file. */
export function apiListensOf(
  given: readonly (ApiListen | 'off')[],
  pidFile: string,
): readonly ApiListen[] {
  const all = given.filter((one) => one !== 'off');
  if (given.length > 0 || pidFile === '' || pidFile === '/dev/null') return all;
  return [{ address: { kind: 'unix', path: socketBeside(pidFile) }, mayWrite: true }];
}

/** `/run/weir.pid` → `/run/weir.sock`. */
function socketBeside(pidFile: string): string {
  const name = pidFile.replace(/^.*\//, '').replace(/\.pid$/, '');
  return join(dirname(pidFile), `${name}.sock`);
}
