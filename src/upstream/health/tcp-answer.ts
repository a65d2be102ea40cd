/** What a server says to a check with `type=tcp`, up to where it is what was expected. */
import { Carry } from '#src/bytes/carry.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { EXAMINED_BODY_BYTES } from './check-config.ts';
import type { MatchTest } from './match-test.ts';
import { type AnswerReader, failed, type Outcome, passed } from './outcome.ts';

/** Each look may go through all that has come: so many pieces are looked at as they come. */
const MAX_LOOKS = 64;

export class TcpAnswer implements AnswerReader {
  readonly #match: MatchTest;
  readonly #carry = new Carry(0);
  #lookCount = 0;
  #nextLookAt = 0;

  constructor(match: MatchTest) {
    this.#match = match;
  }

  get isUntouched(): boolean {
    return this.#carry.length === 0;
  }

  take(bytes: Buffer): Outcome | undefined {
    const room = EXAMINED_BODY_BYTES - this.#carry.length;
    this.#carry.append(bytes, 0, Math.min(bytes.length, room));
    if (bytes.length > room) return this.end();
    if (this.#carry.length < this.#nextLookAt) return undefined;
    this.#lookCount += 1;
    // Who sends byte after byte is looked at again when there is twice as much.
    if (this.#lookCount > MAX_LOOKS) this.#nextLookAt = this.#carry.length * 2;
    const verdict = this.#look();
    if (verdict === 'yes') return passed('expected data came');
    return verdict === 'no' ? failed('other data than expected came') : undefined;
  }

  end(): Outcome {
    if (this.#look() === 'yes') return passed('expected data came');
    return failed(
      this.isUntouched ? 'connection was closed without data' : 'other data than expected came',
    );
  }

  #look(): 'yes' | 'no' | 'more' {
    const { bytes, length } = this.#carry;
    return this.#match.expected(latin1(bytes, 0, length));
  }
}
