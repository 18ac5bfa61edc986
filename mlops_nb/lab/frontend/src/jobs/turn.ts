/** What if something is asked for while it is being done? It is done once more, and not twice. */

export class Turn {
  private isOn = false;
  private isAskedAgain = false;

  constructor(private readonly act: () => Promise<void>) {}

  /** Do it; resolves when it is done, at once if somebody else waits for it already. */
  async take(): Promise<void> {
    this.isAskedAgain = true;
    if (this.isOn) {
      return;
    }
    this.isOn = true;
    try {
      while (this.isAskedAgain) {
        this.isAskedAgain = false;
        await this.act();
      }
    } finally {
      this.isOn = false;
    }
  }
}
