/** How are questions kept from piling up? One is on its way at a time, and only the newest counts.
 *
 * A question waits until no other came for `delayMs`. An answer to one that has been overtaken is
 * dropped: it speaks of a document that is no more.
 */

export interface Clock {
  setTimeout(act: () => void, ms: number): number;
  clearTimeout(id: number): void;
}

export interface Answers<Q, A> {
  ask(question: Q): Promise<A>;
  tell(answer: A, question: Q): void;
  fail(error: unknown): void;
}

export class Freshest<Q, A> {
  private timer: number | null = null;
  private waiting: { readonly question: Q } | null = null;
  private isAsking = false;
  private isClosed = false;

  constructor(
    private readonly answers: Answers<Q, A>,
    private readonly delayMs: number,
    private readonly clock: Clock
  ) {}

  /** Ask soon, unless a newer question comes first. */
  request(question: Q): void {
    if (this.isClosed) {
      return;
    }
    this.waiting = { question };
    this.stopTimer();
    this.timer = this.clock.setTimeout(() => {
      this.timer = null;
      void this.send();
    }, this.delayMs);
  }

  close(): void {
    this.isClosed = true;
    this.waiting = null;
    this.stopTimer();
  }

  private async send(): Promise<void> {
    const next = this.waiting;
    if (this.isAsking || next === null) {
      return; // who asks now looks again afterwards
    }
    this.waiting = null;
    this.isAsking = true;
    try {
      const answer = await this.answers.ask(next.question);
      if (this.isCurrent()) {
        this.answers.tell(answer, next.question);
      }
    } catch (error) {
      if (this.isCurrent()) {
        this.answers.fail(error);
      }
    } finally {
      this.isAsking = false;
      if (this.timer === null) {
        void this.send();
      }
    }
  }

  private isCurrent(): boolean {
    return this.waiting === null && !this.isClosed;
  }

  private stopTimer(): void {
    if (this.timer !== null) {
      this.clock.clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
