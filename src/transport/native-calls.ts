/**
 * Data path. The kernel's calls on sockets, without libuv and Node's streams between (node:ffi). All
 * arguments are declared as pointers: V8 then compiles a call to a plain one (5 ns; with an `i32` or
 * a `buffer` among four arguments it is 170). `detectNativeCalls` checks at start that everything is
 * there and behaves; where it does not, the handles of the fast tier do all of it.
 */

import { constants } from 'node:os';

type Call<Arguments extends bigint[]> = (...values: Arguments) => number;

/** Each returns -1 when it failed, with the reason in `errno[0]`. Descriptors and sizes are bigints. */
export interface NativeCalls {
  recv: Call<[fd: bigint, address: bigint, bytes: bigint, flags: bigint]>;
  send: Call<[fd: bigint, address: bigint, bytes: bigint, flags: bigint]>;
  epollCreate: Call<[flags: bigint]>;
  epollControl: Call<[epoll: bigint, operation: bigint, fd: bigint, event: bigint]>;
  epollWait: Call<[epoll: bigint, events: bigint, count: bigint, timeoutMs: bigint]>;
  eventfd: Call<[start: bigint, flags: bigint]>;
  close: Call<[fd: bigint]>;
  /** getpeername(2) and getsockname(2). */
  peerName: Call<[fd: bigint, name: bigint, lengthAt: bigint]>;
  ownName: Call<[fd: bigint, name: bigint, lengthAt: bigint]>;
  /**
   * Of this thread; read it at once, and never rely on it alone: V8 may have called the kernel in
   * between (ENOENT was seen once for EPIPE). Reads: read-verdict.ts; writes: the handle tries again.
   */
  readonly errno: Int32Array;
  /** Lives as long as what was got from it. */
  readonly library: unknown;
  /** The descriptor on which this thread's event loop waits. */
  readonly loopFd: bigint;
  /** Where the bytes are, for as long as they are kept. 0.2 µs. */
  addressOf(bytes: ArrayBufferView): bigint;
}

/** recv, send: without waiting; send: EPIPE, not SIGPIPE. */
export const CALL_FLAGS = 0x4040n; // MSG_DONTWAIT | MSG_NOSIGNAL
export const EPOLL_CLOEXEC = 0o2000000n;
export const EVENTFD_FLAGS = 0o2004000n; // EFD_CLOEXEC | EFD_NONBLOCK
export const EPOLL_ADD = 1n;
export const EPOLL_CHANGE = 3n;
export const EPOLLIN = 0x1;

/** struct epoll_event in 32-bit words: packed on x64 only. */
export const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
/** Of its `data`: the low word of 64 bits. */
export const EVENT_DATA = EVENT_WORDS - 2;

/** Sizes up to here are made once: V8 allocates for each `BigInt(size)` that it passes to a call. */
const MAX_KEPT_SIZE = 4096;
const sizes: (bigint | undefined)[] = new Array(MAX_KEPT_SIZE + 1).fill(undefined);

/** A size as the calls take it. */
export function asSize(bytes: number): bigint {
  if (bytes > MAX_KEPT_SIZE) return BigInt(bytes);
  const known = sizes[bytes];
  if (known !== undefined) return known;
  const size = BigInt(bytes);
  sizes[bytes] = size;
  return size;
}

interface Library {
  getFunction(name: string, signature: { arguments: string[]; return: string }): unknown;
}

/** What is used of node:ffi (stability 1). */
interface Ffi {
  DynamicLibrary: new (path: string | null) => Library;
  getCurrentEventLoop(): bigint;
  getRawPointer(bytes: ArrayBufferView): bigint;
  toArrayBuffer(address: bigint, bytes: number, copy: boolean): ArrayBuffer;
}

let found: NativeCalls | undefined;
let isKnown = false;

/** This thread's calls, or undefined when this Node, system or CPU does not have all of them. */
export function detectNativeCalls(): NativeCalls | undefined {
  if (isKnown) return found;
  isKnown = true;
  const isKnownHere = process.arch === 'x64' || process.arch === 'arm64';
  if (process.platform !== 'linux' || !isKnownHere) return undefined;
  try {
    const ffi = process.getBuiltinModule('node:ffi' as 'fs') as unknown as Ffi | undefined;
    if (ffi === undefined) return undefined;
    const calls = load(ffi);
    if (behave(calls)) found = calls;
  } catch {
    // Not permitted, or a symbol is missing.
  }
  return found;
}

function load(ffi: Ffi): NativeCalls {
  const symbols = new ffi.DynamicLibrary(null);
  const get = (name: string, count: number, result = 'i32'): unknown =>
    symbols.getFunction(name, { arguments: new Array(count).fill('pointer'), return: result });
  const errnoAt = (get('__errno_location', 0, 'pointer') as () => bigint)();
  const loopFd = (get('uv_backend_fd', 1) as Call<[bigint]>)(ffi.getCurrentEventLoop());
  return {
    recv: get('recv', 4) as NativeCalls['recv'],
    send: get('send', 4) as NativeCalls['send'],
    epollCreate: get('epoll_create1', 1) as NativeCalls['epollCreate'],
    epollControl: get('epoll_ctl', 4) as NativeCalls['epollControl'],
    epollWait: get('epoll_wait', 4) as NativeCalls['epollWait'],
    eventfd: get('eventfd', 2) as NativeCalls['eventfd'],
    close: get('close', 1) as NativeCalls['close'],
    peerName: get('getpeername', 3) as NativeCalls['peerName'],
    ownName: get('getsockname', 3) as NativeCalls['ownName'],
    errno: new Int32Array(ffi.toArrayBuffer(errnoAt, Int32Array.BYTES_PER_ELEMENT, false)),
    library: symbols,
    loopFd: BigInt(loopFd),
    addressOf: (bytes) => ffi.getRawPointer(bytes),
  };
}

/** An event comes back as it was asked for, and a failure says why. */
function behave(calls: NativeCalls): boolean {
  const epoll = BigInt(calls.epollCreate(EPOLL_CLOEXEC));
  const readable = BigInt(calls.eventfd(1n, EVENTFD_FLAGS));
  const asked = new Int32Array(EVENT_WORDS);
  const got = new Int32Array(EVENT_WORDS);
  asked[0] = EPOLLIN;
  asked[EVENT_DATA] = 4711;
  calls.epollControl(epoll, EPOLL_ADD, readable, calls.addressOf(asked));
  const count = calls.epollWait(epoll, calls.addressOf(got), 1n, 0n);
  const isRefused = calls.recv(readable, calls.addressOf(got), 0n, CALL_FLAGS) === -1;
  const isRight = isRefused && calls.errno[0] === constants.errno.ENOTSOCK;
  calls.close(readable);
  calls.close(epoll);
  return count === 1 && got[0] === EPOLLIN && got[EVENT_DATA] === 4711 && isRight;
}
