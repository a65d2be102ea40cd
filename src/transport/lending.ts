/**
 * Data path. Who writes bytes out of the thread's read buffer without a copy. They are there until
 * the callback that brought them returns; who has not written them by then keeps a copy.
 */

export interface Borrower {
  /** What was lent and has not left becomes its own. */
  keepLent(): void;
}

export class Lending {
  #isOpen = false;
  #borrower: Borrower | undefined = undefined;

  /** What a read has put into the thread's buffer is handed on from here to `end`. */
  begin(): void {
    this.#isOpen = true;
  }

  /** False: nothing is lent now, or somebody else has some. */
  lend(borrower: Borrower): boolean {
    if (!this.#isOpen || (this.#borrower !== undefined && this.#borrower !== borrower))
      return false;
    this.#borrower = borrower;
    return true;
  }

  end(): void {
    this.#isOpen = false;
    const borrower = this.#borrower;
    if (borrower === undefined) return;
    this.#borrower = undefined;
    borrower.keepLent();
  }
}
