/** The client of a request that nobody sent: unit tests of functions have one (kit.ts). */
import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';

export class FakeClient implements Downstream {
  readonly facts: ClientFacts;

  /** `remoteAddress` is an IP address. */
  constructor(remoteAddress: string) {
    this.facts = {
      remoteAddress,
      remotePort: 50_000,
      localAddress: '127.0.0.1',
      localPort: 80,
      scheme: 'http',
      connectionSerial: 1,
      openedAtMs: 0,
      exchangeCount: 1,
      lines: undefined,
    };
  }

  startResponse(): void {}
  writeBody(): void {}
  endResponse(): void {}
  flush(): boolean {
    return true;
  }
  cut(): void {}
  holdRequestBody(): void {}
  letGoRequestBody(): void {}
  sendInformational(): void {}
  askForBody(): void {}
}
