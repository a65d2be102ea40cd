/**
 * Lets a process that runs as another user keep CAP_NET_RAW, which `proxy_bind … transparent` needs
 * (nginx: its workers keep it, too). Linux, through node:ffi; capabilities(7) has the rules: a right
 * that is inheritable and ambient outlives the change of user and the exec behind it, all others go.
 */
import { getSystemErrorMessage } from 'node:util';
import { type NativeFunctions, nativeFunctions } from '#src/base/native-functions.ts';

const CAP_NET_RAW = 13;
// linux/prctl.h, linux/securebits.h, linux/capability.h.
const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
/** A change of user takes no right away. */
const SECBIT_NO_SETUID_FIXUP = 4;
const CAPABILITY_VERSION_3 = 0x20080522;
/** Version and process; then twice effective, permitted, inheritable. */
const HEADER_BYTES = 8;
const RIGHTS_BYTES = 24;
const INHERITABLE_AT = 8;

/**
 * Runs `fork`, whose child process keeps the right; afterwards this thread has what it had before.
 * `onRefused` is told why the child will not have it.
 */
export function forkWithRawSockets<T>(fork: () => T, onRefused: (why: string) => void): T {
  const use = nativeFunctions({
    prctl: { return: 'int32', arguments: ['int32', 'uint64', 'uint64', 'uint64', 'uint64'] },
    capget: { return: 'int32', arguments: ['buffer', 'buffer'] },
    capset: { return: 'int32', arguments: ['buffer', 'buffer'] },
  });
  if (use === undefined) {
    onRefused('this needs Linux, glibc and node:ffi');
    return fork();
  }
  const rights = new Rights(use);
  const bits = use.call('prctl', PR_GET_SECUREBITS, 0n, 0n, 0n, 0n) as number;
  const refused =
    rights.read() ??
    rights.setInheritable(true) ??
    control(use, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW) ??
    control(use, PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0);
  if (refused !== undefined) onRefused(refused);
  try {
    return fork();
  } finally {
    control(use, PR_SET_SECUREBITS, bits, 0);
    control(use, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_RAW);
    rights.setInheritable(false);
  }
}

/** What this thread may do. Undefined, or why a call has failed. */
class Rights {
  readonly #use: NativeFunctions;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #rights = Buffer.alloc(RIGHTS_BYTES);
  #inheritableBefore = 0;

  constructor(use: NativeFunctions) {
    this.#use = use;
    this.#header.writeUInt32LE(CAPABILITY_VERSION_3);
  }

  read(): string | undefined {
    const status = this.#use.call('capget', this.#header, this.#rights);
    this.#inheritableBefore = this.#rights.readUInt32LE(INHERITABLE_AT);
    return status === 0 ? undefined : failed('capget()', this.#use);
  }

  setInheritable(isKept: boolean): string | undefined {
    const before = this.#inheritableBefore;
    const now = isKept ? before | (1 << CAP_NET_RAW) : before;
    this.#rights.writeUInt32LE(now >>> 0, INHERITABLE_AT);
    const status = this.#use.call('capset', this.#header, this.#rights);
    return status === 0 ? undefined : failed('capset(CAP_NET_RAW)', this.#use);
  }
}

function control(
  use: NativeFunctions,
  option: number,
  first: number,
  second: number,
): string | undefined {
  const status = use.call('prctl', option, BigInt(first), BigInt(second), 0n, 0n);
  return status === 0 ? undefined : failed(`prctl(${option}, ${first})`, use);
}

function failed(what: string, use: NativeFunctions): string {
  const errno = use.errno();
  return `${what} failed (${errno}: ${getSystemErrorMessage(-errno) ?? 'unknown error'})`;
}
