/** A datagram socket of the unix family (unix(7)), which Node has not: what syslog daemons listen on. */
import { getSystemErrorMessage } from 'node:util';
import { type NativeFunctions, nativeFunctions } from '#src/base/native-functions.ts';

// Linux, x86-64 and arm64 alike: socket(2), send(2).
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const FAMILY_BYTES = 2;

let native: NativeFunctions | undefined;

function functions(): NativeFunctions | undefined {
  native ??= nativeFunctions({
    socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
    connect: { return: 'int32', arguments: ['int32', 'buffer', 'uint32'] },
    send: { return: 'int64', arguments: ['int32', 'buffer', 'uint64', 'int32'] },
    close: { return: 'int32', arguments: ['int32'] },
  });
  return native;
}

/** One that is connected. Nothing here waits: what the other side has no room for is an error. */
export class UnixDatagram {
  readonly #native: NativeFunctions;
  readonly #descriptor: number;

  private constructor(use: NativeFunctions, descriptor: number) {
    this.#native = use;
    this.#descriptor = descriptor;
  }

  /** @throws Error that says why nobody can be sent anything there */
  static connect(path: string): UnixDatagram {
    const use = functions();
    if (use === undefined) throw new Error('unix datagrams need Linux, glibc and node:ffi');
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const descriptor = use.call('socket', AF_UNIX, type, 0) as number;
    if (descriptor < 0) throw failed('socket()', use);
    const name = Buffer.from(`${path}\0`);
    const address = Buffer.alloc(FAMILY_BYTES + name.length);
    address.writeUInt16LE(AF_UNIX);
    name.copy(address, FAMILY_BYTES);
    if ((use.call('connect', descriptor, address, address.length) as number) < 0) {
      const error = failed(`connect() to unix:${path}`, use);
      use.call('close', descriptor);
      throw error;
    }
    return new UnixDatagram(use, descriptor);
  }

  /** @throws Error when it was not sent */
  send(message: Buffer): void {
    const length = BigInt(message.length);
    const sent = this.#native.call('send', this.#descriptor, message, length, MSG_NOSIGNAL);
    if ((sent as bigint) < 0n) throw failed('send()', this.#native);
  }

  close(): void {
    this.#native.call('close', this.#descriptor);
  }
}

function failed(what: string, use: NativeFunctions): Error {
  const errno = use.errno();
  return new Error(
    `${what} failed (${errno}: ${getSystemErrorMessage(-errno) ?? 'unknown error'})`,
  );
}
