/** What happens between a person and the registry? They see a plan, confirm it, and see the result.
 *
 * Nothing is decided here: the server judges, refuses and moves; a plan is carried out only if it
 * still is what was shown.
 */

import { type ISignal, Signal } from '@lumino/signaling';

import { type Client, segment } from '../wire/client.js';
import { type Fault, ServerRefusal, toFault } from '../wire/fault.js';
import type { History, JudgedPlan, Moved, RegisteredModel, Task } from '../wire/models.js';
import { movedLine, promoteQuestion, rollbackQuestion, undoTarget } from './promotion_words.js';

const PERIOD_MS = 600;
const NEVER_BLESSED = 'MNB729';
const CHAMPION = 'champion';

interface Question {
  readonly text: string;
  act(): Promise<void>;
}

export class ModelDesk {
  private readonly signal = new Signal<this, void>(this);
  models: readonly RegisteredModel[] | null = null;
  name = '';
  version: number | null = null;
  judged: JudgedPlan | null = null;
  history: History | null = null;
  reason = '';
  force = false;
  question: Question | null = null;
  /** What goes on; empty: nothing does. */
  busy = '';
  done = '';
  fault: Fault | null = null;
  undoTo: number | null = null;
  wasRefused = false;

  constructor(
    private readonly path: () => string,
    private readonly client: Client
  ) {}

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  get model(): RegisteredModel | undefined {
    return this.models?.find(({ name }) => name === this.name);
  }

  /** Read which models there are; a version that came since is what somebody wants to look at. */
  load(): Promise<void> {
    return this.work('Reading the models …', async () => {
      const before = newestOf(this.model);
      await this.read();
      if (this.judged === null && newestOf(this.model) > before) {
        this.choose(this.name, null);
      }
    });
  }

  /** Look at a model, or at another of its versions. */
  choose(name: string, version: number | null): void {
    const isOther = name !== this.name;
    this.name = name;
    this.version = version ?? newestOf(this.model);
    this.judged = null;
    this.history = null;
    this.done = '';
    this.undoTo = null;
    this.signal.emit(undefined);
    if (isOther) {
      this.measure().catch(() => undefined); // versions without metrics are true all the same
    }
  }

  say(words: Partial<Pick<ModelDesk, 'reason' | 'force'>>): void {
    Object.assign(this, words);
    this.signal.emit(undefined);
  }

  judge(): Promise<void> {
    return this.work(`Judging ${this.name}@${this.version} …`, async () => {
      const again = this.judged !== null; // what is on record was shown
      Object.assign(this, { judged: null, done: '' });
      const body = { path: this.path(), version: this.version, again };
      this.judged = await this.task<JudgedPlan>('promotion', body);
    });
  }

  askPromote(): void {
    const { judged } = this;
    if (judged === null || (this.force && !this.hasReason('Going past what stands in the way'))) {
      return;
    }
    const { version, to } = judged.plan;
    const words = { reason: this.reason, force: this.force, digest: judged.digest };
    this.ask(promoteQuestion(judged.plan, this.force), 'promote', { version, to, ...words });
  }

  askRollback(): void {
    if (this.hasReason('A rollback')) {
      const text = rollbackQuestion(this.model?.previous ?? null, this.force);
      this.ask(text, 'rollback', { reason: this.reason, force: this.force });
    }
  }

  undo(): Promise<void> {
    const reason = this.reason.trim() || 'undone in the panel';
    return this.move('rollback', { to: this.undoTo, reason, force: this.force });
  }

  /** Write down that the person approves of the version, and judge it anew. */
  async approve(): Promise<void> {
    await this.work('Writing down the approval …', async () => {
      const body = { path: this.path(), version: this.version, reason: this.reason };
      await this.task<unknown>('approve', body);
      Object.assign(this, { judged: null, reason: '' });
    });
    if (this.fault === null) {
      await this.judge();
    }
  }

  cancel(): void {
    this.question = null;
    this.signal.emit(undefined);
  }

  readHistory(): Promise<void> {
    return this.work('Reading the history …', async () => {
      const address = `models/${segment(this.name)}/history`;
      this.history = await this.client.get<History>(address, { path: this.path() });
    });
  }

  private ask(text: string, verb: string, words: Record<string, unknown>): void {
    this.question = { text, act: () => this.move(verb, words) };
    this.signal.emit(undefined);
  }

  private move(verb: string, words: Record<string, unknown>): Promise<void> {
    return this.work('Working …', async () => {
      this.done = '';
      const moved = await this.task<Moved>(verb, { path: this.path(), ...words });
      this.undoTo = verb === 'promote' && moved.to === CHAMPION ? undoTarget(moved) : null;
      Object.assign(this, { reason: '', force: false, wasRefused: false, judged: null });
      this.done = movedLine(moved);
      await this.read();
      if (this.history !== null) {
        const address = `models/${segment(this.name)}/history`;
        this.history = await this.client.get<History>(address, { path: this.path() });
      }
    });
  }

  private async read(): Promise<void> {
    this.models = await this.client.get<RegisteredModel[]>('models', { path: this.path() });
    const first = this.models[0];
    if (this.model === undefined && first !== undefined) {
      this.choose(first.name, null);
    } else if (this.model !== undefined) {
      await this.measure();
    }
  }

  /** The list has no metrics, which are looked up run by run: those of the chosen model are read. */
  private async measure(): Promise<void> {
    const address = `models/${segment(this.name)}`;
    const found = await this.client.get<RegisteredModel>(address, { path: this.path() });
    this.models = (this.models ?? []).map(one => (one.name === found.name ? found : one));
    this.signal.emit(undefined);
  }

  private hasReason(what: string): boolean {
    if (this.reason.trim() !== '') {
      return true;
    }
    const message = `${what} needs a reason, which the history keeps.`;
    this.fault = { code: '', message, place: '', remedy: '' };
    this.signal.emit(undefined);
    return false;
  }

  /** Let the server work, and wait for it: a promotion takes longer than a request should. */
  private async task<T>(verb: string, body: unknown): Promise<T> {
    let task = await this.client.post<Task<T>>(`models/${segment(this.name)}/${verb}`, body);
    while (task.status === 'running') {
      await new Promise(resolve => window.setTimeout(resolve, PERIOD_MS));
      task = await this.client.get<Task<T>>(`tasks/${segment(task.id)}`);
      this.tellStep(task.progress.step ?? '');
    }
    if (task.error !== null || task.result === null) {
      const silent = { code: '', message: 'It ended without a result.', place: '', remedy: '' };
      throw new ServerRefusal(task.error ?? silent, 422);
    }
    return task.result;
  }

  private tellStep(step: string): void {
    if (step !== '' && step !== this.busy) {
      this.busy = step;
      this.signal.emit(undefined);
    }
  }

  private async work(what: string, act: () => Promise<void>): Promise<void> {
    if (this.busy !== '') {
      return;
    }
    Object.assign(this, { busy: what, fault: null, question: null });
    this.signal.emit(undefined);
    try {
      await act();
    } catch (error) {
      this.fault = toFault(error);
      this.wasRefused = this.fault.code === NEVER_BLESSED;
    } finally {
      this.busy = '';
      this.signal.emit(undefined);
    }
  }
}

function newestOf(model: RegisteredModel | undefined): number {
  return Math.max(0, ...(model?.versions ?? []).map(({ version }) => version));
}
