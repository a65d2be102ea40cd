/** The IDs of servers in the API: never given twice, as in NGINX Plus, though slots are. */
import type { SteeredMember } from './steered-upstream.ts';

/** The IDs of one upstream's servers. */
export class ServerIds {
  readonly #bySlot = new Map<number, { readonly name: string; readonly id: number }>();
  #next = 0;

  /** Gives IDs to members that have none and forgets those of members that are gone. */
  update(members: readonly SteeredMember[]): void {
    const now = new Map(members.map(({ slot, config }) => [slot, config.name]));
    for (const [slot, { name }] of this.#bySlot) {
      if (now.get(slot) !== name) this.#bySlot.delete(slot);
    }
    for (const [slot, name] of now) {
      if (!this.#bySlot.has(slot)) this.#bySlot.set(slot, { name, id: this.#next++ });
    }
  }

  /** Of the member in that slot, after `update`. */
  idOf(slot: number): number {
    return this.#bySlot.get(slot)?.id ?? -1;
  }

  /** The slot of an ID; undefined when nobody has it any more. */
  slotOf(id: number): number | undefined {
    for (const [slot, known] of this.#bySlot) if (known.id === id) return slot;
    return undefined;
  }
}
