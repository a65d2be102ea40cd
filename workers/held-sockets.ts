import { BoundSockets } from './bound-sockets.ts';
import { DescriptorSender } from './descriptor-sender.ts';
import type { GenerationProcess } from './generation-process.ts';
import type { MasterModel } from './loaded.ts';

/** The listening sockets as the master keeps them for its generations. */
export class HeldSockets extends BoundSockets {
  readonly #sender = new DescriptorSender();

  /** Sends one more descriptor, or that there is none. */
  sendDescriptor(generation: GenerationProcess, socket: number): void {
    const held = this.descriptor(socket);
    const message = { type: 'descriptor', socket } as const;
    const isSent =
      held !== undefined && this.#sender.send(generation.process, message, held.fd, held.isPipe);
    if (!isSent) generation.tell({ type: 'no-descriptor', socket });
  }

  /**
   * Closes addresses that no configuration has, once the generations that had them are quiet.
   * @param listens of the configuration that is to be served
   * @returns which
   */
  release(living: readonly GenerationProcess[], listens: MasterModel['listens']): string[] {
    const wanted = new Set(listens.map(({ key }) => key));
    for (const generation of living) {
      if (generation.hasStoppedListening) continue;
      for (const key of generation.keys) wanted.add(key);
    }
    return this.closeAllBut(wanted);
  }
}
