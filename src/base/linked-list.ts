/**
 * Data path. Members in the order in which they came, any of which may leave. A Set does the same,
 * but leaves a gap for each that left, and makes a new table when there are enough of them: with a
 * connection per request 865 bytes each, in tables that only a collection of the whole heap frees.
 */

/** A member of one list at a time; only that changes these. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
  isLinked: boolean;
}

export class LinkedList<T extends Linked<T>> {
  #first: T | undefined = undefined;
  #last: T | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who came first of those that are there; the others by its `after`. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Behind all others. The member is in no list. */
  add(member: T): void {
    const last = this.#last;
    member.before = last;
    member.isLinked = true;
    if (last === undefined) this.#first = member;
    else last.after = member;
    this.#last = member;
    this.#size += 1;
  }

  /** False: it is in no list. It refers to no other member afterwards. */
  remove(member: T): boolean {
    if (!member.isLinked) return false;
    const { after, before } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
    member.isLinked = false;
    this.#size -= 1;
    return true;
  }

  /** All of them as they are now: who goes through them may remove any. */
  toArray(): T[] {
    const members: T[] = [];
    for (let member = this.#first; member !== undefined; member = member.after)
      members.push(member);
    return members;
  }
}
