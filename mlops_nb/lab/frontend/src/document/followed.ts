/** What is known of one open notebook? What the server read in it, and what its kernel says.
 *
 * It follows the document on the page, saved or not. Whoever draws listens to `changed`.
 */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { KernelLink } from '../live/kernel_link.js';
import { needsRun, stageStates } from '../live/statuses.js';
import type { Stop } from '../live/stop.js';
import { Watch } from '../live/watch.js';
import type { Client } from '../wire/client.js';
import type { DocumentAnswer, LiveStage, SentCell, SentNotebook } from '../wire/contract.js';
import { type Fault, toFault } from '../wire/fault.js';
import { languageOf, toSentNotebook } from './cells.js';
import { Freshest } from './freshest.js';

/** Typing pauses are longer than that: a longer one would only make the panel late. */
const DELAY_MS = 40;

export class Followed implements IDisposable {
  private readonly freshest: Freshest<SentNotebook, DocumentAnswer>;
  private readonly link: KernelLink;
  private readonly watch: Watch;
  private readonly signal = new Signal<this, void>(this);
  private latest: SentNotebook = { cells: [], metadata: {} };
  private known: ReadonlyMap<string, LiveStage> | null = null;
  private digest = '';
  private stopped: Stop | null = null;
  /** How many cells ran or waited when somebody looked last. */
  private pending = 0;
  private said: DocumentAnswer | null = null;
  private wrong: Fault | null = null;
  private gone = false;

  constructor(
    readonly panel: NotebookPanel,
    private readonly client: Client
  ) {
    this.freshest = new Freshest(
      {
        ask: sent => this.client.post('document', { path: this.path, ...sent }),
        tell: (answer, sent) => this.tell(answer, sent),
        fail: error => this.fail(error)
      },
      DELAY_MS,
      window
    );
    this.link = new KernelLink(panel.sessionContext, () => this.emit());
    this.watch = new Watch(panel.content, () => this.onExecuted());
    panel.content.modelContentChanged.connect(this.onContent, this);
    panel.content.modelChanged.connect(this.onContent, this);
    panel.sessionContext.statusChanged.connect(this.onStatus, this);
    panel.context.pathChanged.connect(this.look, this);
    panel.disposed.connect(this.dispose, this);
    void panel.context.ready.then(() => this.look());
  }

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  /** The server's path of the notebook, without the drive of collaborative documents. */
  get path(): string {
    return this.panel.context.localPath.replace(/^RTC:/, '');
  }

  get answer(): DocumentAnswer | null {
    return this.said;
  }

  get fault(): Fault | null {
    return this.wrong;
  }

  /** The cells as they stand. */
  get cells(): readonly SentCell[] {
    return this.latest.cells;
  }

  /** The document as it stands, as questions about it are sent. */
  get sent(): SentNotebook & { readonly path: string } {
    return { path: this.path, ...this.latest };
  }

  /** The language the notebook is in; empty: nobody knows. */
  get language(): string {
    return languageOf(this.latest.metadata);
  }

  get isDisposed(): boolean {
    return this.gone;
  }

  /** What is known of each stage now. */
  get states(): ReadonlyMap<string, LiveStage> {
    this.known ??= stageStates(this.said?.stages ?? [], this.link.view, this.watch.scheduled);
    return this.known;
  }

  /** Why the kernel says nothing of stages; empty: it does. */
  get silence(): string {
    return this.link.view.silence;
  }

  /** Where the last run that somebody asked for here stopped; null: nowhere, or it is past. */
  get stop(): Stop | null {
    return this.stopped;
  }

  /** Say where a run stopped; that is past with the next run or edit. */
  tellStop(stop: Stop | null): void {
    if (this.stopped !== stop) {
      this.stopped = stop;
      this.emit();
    }
  }

  /** Let the kernel say anew how the stages stand. */
  askKernel(): Promise<void> {
    return this.link.ask();
  }

  /** Let the kernel load mlops_nb, as a cell with `%load_ext mlops_nb` would. */
  loadExtension(): Promise<void> {
    return this.link.load();
  }

  /** Which cells besides stages need no run: the kernel, or what was seen here, says so. */
  isFresh(cellId: string): boolean {
    const said = this.link.view.cells.get(cellId);
    return said === undefined ? this.watch.hasRun(cellId) : !needsRun(said.status);
  }

  /** Which cells must run again before a cell, were it to run: what they left is no more there. */
  again(cellId: string): readonly string[] {
    return this.link.view.cells.get(cellId)?.again ?? [];
  }

  /** Read the document anew, though it did not change. */
  look(): void {
    this.digest = '';
    this.onContent();
  }

  dispose(): void {
    if (this.gone) {
      return;
    }
    this.gone = true;
    this.freshest.close();
    this.link.dispose();
    this.watch.dispose();
    this.panel.sessionContext.statusChanged.disconnect(this.onStatus, this);
    Signal.clearData(this);
  }

  private onContent(): void {
    const model = this.panel.content.model;
    if (model === null || this.gone) {
      return;
    }
    const sent = toSentNotebook(model);
    const digest = JSON.stringify(sent);
    if (digest === this.digest) {
      return; // an output or a scroll: nothing the pipeline is made of
    }
    this.digest = digest;
    this.tellStop(null);
    this.freshest.request(sent);
    this.latest = sent;
  }

  private tell(answer: DocumentAnswer, { cells }: SentNotebook): void {
    this.said = answer;
    this.wrong = null;
    this.link.send({ cells, analysis: { cells: answer.cells, stages: answer.stages } });
    this.emit();
  }

  private fail(error: unknown): void {
    this.wrong = toFault(error);
    this.digest = '';
    this.emit();
  }

  private onStatus(_: unknown, status: string): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this.watch.forget();
    }
  }

  private onExecuted(): void {
    const { size } = this.watch.scheduled;
    if (size > this.pending) {
      this.stopped = null; // another run
    }
    this.pending = size;
    this.link.retry(this.cells);
    this.emit();
  }

  private emit(): void {
    this.known = null;
    if (!this.gone) {
      this.signal.emit(undefined);
    }
  }
}
