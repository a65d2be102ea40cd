/**
 * Data path, of the few locations with `proxy_bind … transparent`: a socket that may come from an
 * address which this machine has not (Linux, ip(7): IP_TRANSPARENT). Made through node:ffi, as the
 * option must be set before the socket is bound.
 */

import { constants } from 'node:os';
import type { LocalAddress } from '#src/base/address.ts';
import { type NativeFunctions, nativeFunctions } from '#src/base/native-functions.ts';
import { IPV6, IpAddress } from '#src/tables/ip-address.ts';
import { addressBytes } from '#src/tables/ip-text.ts';

// Linux, x86-64 and arm64 alike: socket.h, in.h, in6.h.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IP = 0;
const IP_TRANSPARENT = 19;
const IPPROTO_IPV6 = 41;
const IPV6_TRANSPARENT = 75;
/** sockaddr_in, sockaddr_in6: length, and where port and address stand. */
const NAME4_BYTES = 16;
const NAME6_BYTES = 28;
const PORT_AT = 2;
const ADDRESS4_AT = 4;
const ADDRESS6_AT = 8;

const ON = Buffer.alloc(4);
ON.writeInt32LE(1);

const parsed = new IpAddress();
let native: NativeFunctions | undefined;

function functions(): NativeFunctions | undefined {
  native ??= nativeFunctions({
    socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
    setsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'] },
    bind: { return: 'int32', arguments: ['int32', 'buffer', 'uint32'] },
    close: { return: 'int32', arguments: ['int32'] },
  });
  return native;
}

/**
 * The descriptor of a TCP socket that is bound there, or a negative errno: −EPERM without
 * CAP_NET_RAW or CAP_NET_ADMIN, −ENOSYS where there is no node:ffi or no Linux.
 */
export function transparentSocket({ host, port }: LocalAddress): number {
  const use = functions();
  if (use === undefined) return -constants.errno.ENOSYS;
  if (!parsed.parse(host)) return -constants.errno.EINVAL; // one with a zone
  const is6 = parsed.family === IPV6;
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const descriptor = use.call('socket', is6 ? AF_INET6 : AF_INET, type, 0) as number;
  if (descriptor < 0) return -use.errno();
  const name = nameOf(port, is6);
  const [level, option] = is6 ? [IPPROTO_IPV6, IPV6_TRANSPARENT] : [IPPROTO_IP, IP_TRANSPARENT];
  const isBound =
    use.call('setsockopt', descriptor, level, option, ON, ON.length) === 0 &&
    use.call('setsockopt', descriptor, SOL_SOCKET, SO_REUSEADDR, ON, ON.length) === 0 &&
    use.call('bind', descriptor, name, name.length) === 0;
  if (isBound) return descriptor;
  const status = -use.errno();
  use.call('close', descriptor);
  return status;
}

/** Closes one that nothing was made of. */
export function closeTransparent(descriptor: number): void {
  functions()?.call('close', descriptor);
}

/** Of the address that was parsed. */
function nameOf(port: number, is6: boolean): Buffer {
  const name = Buffer.alloc(is6 ? NAME6_BYTES : NAME4_BYTES);
  name.writeUInt16LE(is6 ? AF_INET6 : AF_INET);
  name.writeUInt16BE(port, PORT_AT);
  name.write(addressBytes(parsed), is6 ? ADDRESS6_AT : ADDRESS4_AT, 'latin1');
  return name;
}
