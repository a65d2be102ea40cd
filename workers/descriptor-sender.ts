/**
 * More descriptors of a listening socket for a running generation. Node can send a handle over IPC;
 * a raw handle, unlike a net.Server or BoundSocket, stays open with the sender: dup(2) in effect.
 */
import type { ChildProcess, SendHandle } from 'node:child_process';
import { detectRawHandles, type RawHandle } from '#src/transport/raw-handles.ts';
import { transportTier } from '#src/transport/transport.ts';
import type { ToGeneration } from './messages.ts';

/** Sends copies of the sockets that the master holds; `taken-descriptor.ts` is the other end. */
export class DescriptorSender {
  readonly #raw = transportTier() === 'portable' ? undefined : detectRawHandles();
  /** A handle per descriptor of the master, opened once; its number is closed by BoundSockets. */
  readonly #handles = new Map<number, RawHandle>();

  /** False when this Node cannot: the generation must then be replaced. */
  send(child: ChildProcess, message: ToGeneration, fd: number, isPipe: boolean): boolean {
    const handle = this.#handleOf(fd, isPipe);
    if (handle === undefined) return false;
    // Errors come when the child is gone; its exit is handled where it is noticed.
    child.send(message, handle as unknown as SendHandle, {}, () => {});
    return true;
  }

  #handleOf(fd: number, isPipe: boolean): RawHandle | undefined {
    const known = this.#handles.get(fd);
    if (known !== undefined || this.#raw === undefined) return known;
    const { Tcp, Pipe, serverType, pipeServerType } = this.#raw;
    const handle = isPipe ? new Pipe(pipeServerType) : new Tcp(serverType);
    if (handle.open(fd) < 0) return undefined;
    this.#handles.set(fd, handle);
    return handle;
  }
}
