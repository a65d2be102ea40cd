/** Options of listening sockets that Node has no call for; connections inherit them (Linux, tcp(7)). */
import { getSystemErrorMessage } from 'node:util';
import { nativeFunctions } from '#src/base/native-functions.ts';
import type { SocketOptions } from '#src/base/socket-options.ts';

// asm-generic/socket.h, linux/tcp.h.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_DEFER_ACCEPT = 9;
const TCP_FASTOPEN = 23;

type Setting = readonly [name: string, level: number, option: number, value: number];

/**
 * Sets what the configuration says; what it does not say stays as the system has it.
 * @returns one line per option that could not be set: it serves without, as nginx does
 */
export function setSocketOptions(descriptor: number, options: SocketOptions): readonly string[] {
  const settings = settingsOf(options);
  if (settings.length === 0) return [];
  const native = nativeFunctions({
    setsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'] },
  });
  if (native === undefined) {
    const names = settings.map(([name]) => name).join(', ');
    return [`cannot set ${names}: this needs Linux, glibc and node:ffi`];
  }
  return settings.flatMap(([name, level, option, value]) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    const status = native.call('setsockopt', descriptor, level, option, bytes, bytes.length);
    if (status === 0) return [];
    const errno = native.errno();
    return [`setsockopt(${name}, ${value}) failed (${errno}: ${getSystemErrorMessage(-errno)})`];
  });
}

function settingsOf(options: SocketOptions): readonly Setting[] {
  const { fastopen, isDeferred, keepalive, receiveBytes, sendBytes } = options;
  const all: readonly (readonly [
    name: string,
    level: number,
    option: number,
    value: number | undefined,
  ])[] = [
    ['SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, receiveBytes],
    ['SO_SNDBUF', SOL_SOCKET, SO_SNDBUF, sendBytes],
    ['SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, keepalive && Number(keepalive.isOn)],
    ['TCP_KEEPIDLE', IPPROTO_TCP, TCP_KEEPIDLE, keepalive?.idleSec],
    ['TCP_KEEPINTVL', IPPROTO_TCP, TCP_KEEPINTVL, keepalive?.intervalSec],
    ['TCP_KEEPCNT', IPPROTO_TCP, TCP_KEEPCNT, keepalive?.count],
    ['TCP_DEFER_ACCEPT', IPPROTO_TCP, TCP_DEFER_ACCEPT, isDeferred === true ? 1 : undefined],
    ['TCP_FASTOPEN', IPPROTO_TCP, TCP_FASTOPEN, fastopen],
  ];
  return all.flatMap(([name, level, option, value]) => {
    return value === undefined ? [] : [[name, level, option, value] as const];
  });
}
