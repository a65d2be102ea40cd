/**
 * Data path. Node's TCP and pipe handles below net.Socket, as far as the fast tier uses them.
 * Not documented API: `detectRawHandles` checks at start that everything is there and behaves;
 * where it does not, the portable tier serves (DESIGN §4).
 */

/** The request object of a write; reusable while writes complete at once. */
export interface WriteRequest {
  oncomplete: ((this: WriteRequest, status: number) => void) | undefined;
  /** Whoever waits for the write, and the bytes that must outlive it. */
  connection: unknown;
  kept: unknown;
}

export interface ConnectRequest {
  oncomplete: ((this: ConnectRequest, status: number) => void) | undefined;
  dial: unknown;
}

export interface SocketName {
  address?: string;
  port?: number;
}

/** A TCP or Pipe handle. Calls return 0 or a negative errno. */
export interface RawHandle {
  onread: ((this: RawHandle) => Buffer | undefined) | undefined;
  onconnection:
    | ((this: RawHandle, status: number, handle: RawHandle | undefined) => void)
    | undefined;
  /** The connection or acceptor this handle belongs to. */
  user: unknown;
  /** Its descriptor; -1 once it is closed. */
  readonly fd?: number;
  ref(): void;
  unref(): void;
  open(fd: number): number;
  listen(backlog: number): number;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Buffer): void;
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
  writev(request: WriteRequest, chunks: Buffer[], allBuffers: true): number;
  shutdown(request: object): number;
  close(callback?: () => void): void;
  reset?(callback?: () => void): number;
  bind?(address: string, port: number): number;
  bind6?(address: string, port: number, flags: number): number;
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, delaySec: number): number;
  getpeername?(out: SocketName): number;
  getsockname?(out: SocketName): number;
  connect(request: ConnectRequest, address: string, port?: number): number;
  connect6?(request: ConnectRequest, address: string, port: number): number;
}

export interface RawBindings {
  readonly Tcp: new (type: number) => RawHandle;
  readonly Pipe: new (type: number) => RawHandle;
  readonly socketType: number;
  readonly serverType: number;
  readonly pipeSocketType: number;
  readonly pipeServerType: number;
  readonly WriteRequest: new () => WriteRequest;
  readonly ShutdownRequest: new () => { oncomplete: (() => void) | undefined };
  readonly TcpConnectRequest: new () => ConnectRequest;
  readonly PipeConnectRequest: new () => ConnectRequest;
  /** Where a call leaves what it cannot return. */
  readonly state: Int32Array;
  readonly readIndex: number;
  readonly asyncIndex: number;
}

interface BindingConstants {
  SOCKET: number;
  SERVER: number;
}

type Binding = Record<string, unknown>;

/** The bindings, or undefined when this Node does not have all of them. */
export function detectRawHandles(): RawBindings | undefined {
  const binding = (process as unknown as { binding?: (name: string) => Binding }).binding;
  if (binding === undefined) return undefined;
  try {
    const tcp = binding.call(process, 'tcp_wrap');
    const pipe = binding.call(process, 'pipe_wrap');
    const stream = binding.call(process, 'stream_wrap');
    const tcpTypes = tcp['constants'] as BindingConstants;
    const pipeTypes = pipe['constants'] as BindingConstants;
    const found = {
      Tcp: tcp['TCP'],
      Pipe: pipe['Pipe'],
      socketType: tcpTypes.SOCKET,
      serverType: tcpTypes.SERVER,
      pipeSocketType: pipeTypes.SOCKET,
      pipeServerType: pipeTypes.SERVER,
      WriteRequest: stream['WriteWrap'],
      ShutdownRequest: stream['ShutdownWrap'],
      TcpConnectRequest: tcp['TCPConnectWrap'],
      PipeConnectRequest: pipe['PipeConnectWrap'],
      state: stream['streamBaseState'],
      readIndex: stream['kReadBytesOrError'],
      asyncIndex: stream['kLastWriteWasAsync'],
    } as RawBindings;
    return isComplete(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isComplete(found: RawBindings): boolean {
  if (Object.values(found).some((value) => value === undefined)) return false;
  const probe = new found.Tcp(found.socketType);
  const methods = ['open', 'listen', 'readStart', 'readStop', 'useUserBuffer', 'writev'] as const;
  const complete =
    methods.every((name) => typeof probe[name] === 'function') &&
    typeof probe.writeLatin1String === 'function' &&
    typeof probe.writeBuffer === 'function' &&
    typeof found.readIndex === 'number';
  probe.close();
  return complete;
}
