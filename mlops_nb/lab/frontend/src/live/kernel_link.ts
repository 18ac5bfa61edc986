/** How does the kernel's view of the stages reach the page? Over a comm that the kernel answers.
 *
 * A kernel that has not loaded mlops_nb closes the comm at once; then it is asked again after
 * cells have run, since one of them may have loaded it.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage as Message } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import type { KernelMessage, LiveStage, LiveStatus, SentCell, SentDocument } from '../wire/contract.js';
import { isRecord } from '../wire/fault.js';
import type { KernelView } from './statuses.js';

const TARGET = 'mlops_nb.panel';
const NO_KERNEL = 'No kernel is running for this notebook.';
export const NOT_LOADED = 'The kernel has not loaded mlops_nb: run %load_ext mlops_nb in a cell.';
const BUSY = 'The kernel has not answered yet.';
const KINDS: ReadonlySet<unknown> = new Set(['hello', 'stages', 'error']);
const LOADS = /mlops_nb/;

export class KernelLink implements IDisposable {
  private comm: Kernel.IComm | null = null;
  private isSpeaking = false;
  private version = 0;
  private stages: ReadonlyMap<string, LiveStage> = new Map();
  private cells: ReadonlyMap<string, LiveStatus> = new Map();
  private silence = NO_KERNEL;
  private document: SentDocument | null = null;
  private gone = false;

  constructor(
    private readonly context: ISessionContext,
    private readonly told: () => void
  ) {
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    this.onKernel();
  }

  get view(): KernelView {
    return { stages: this.stages, cells: this.cells, silence: this.silence };
  }

  get isDisposed(): boolean {
    return this.gone;
  }

  /** Tell the kernel how the document stands; it answers with the state of the stages. */
  send(document: SentDocument | null): void {
    this.document = document;
    if (this.comm !== null && this.isSpeaking && document !== null) {
      this.version += 1;
      const question = { type: 'status', version: this.version, ...document };
      this.comm.send(question as unknown as JSONObject);
    }
  }

  /** Load mlops_nb in the kernel, and ask it. */
  async load(): Promise<void> {
    const kernel = this.context.session?.kernel;
    if (!kernel) {
      return;
    }
    const code = '%load_ext mlops_nb';
    const reply = await kernel.requestExecute({ code, silent: true, store_history: false }).done;
    if (reply.content.status !== 'ok') {
      throw new Error("The kernel's environment has no mlops_nb: pip install mlops-nb there.");
    }
    if (this.comm === null) {
      this.open();
    }
  }

  /** Try again, if what ran may have loaded mlops_nb. */
  retry(cells: readonly SentCell[]): void {
    if (!this.isSpeaking && cells.some(cell => LOADS.test(cell.source))) {
      this.abandon(); // a question that a starting kernel did not hear is never answered
      this.open();
    }
  }

  dispose(): void {
    if (!this.gone) {
      this.gone = true;
      this.context.kernelChanged.disconnect(this.onKernel, this);
      this.context.statusChanged.disconnect(this.onStatus, this);
      this.close(NO_KERNEL);
    }
  }

  private onKernel(): void {
    this.close(NO_KERNEL);
    this.open();
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.close(status === 'dead' ? NO_KERNEL : BUSY);
      this.told();
    } else if (status === 'idle' && this.comm === null && this.silence === BUSY) {
      this.open();
    }
  }

  private open(): void {
    const kernel = this.context.session?.kernel;
    if (kernel === null || kernel === undefined || this.gone || !kernel.handleComms) {
      return;
    }
    const comm = kernel.createComm(TARGET);
    this.comm = comm;
    this.silence = BUSY;
    comm.onMsg = message => this.onMessage(message);
    comm.onClose = () => this.onClosed(comm);
    comm.open({});
  }

  private onClosed(comm: Kernel.IComm): void {
    if (this.comm === comm) {
      this.close(NOT_LOADED);
      this.told();
    }
  }

  private close(silence: string, isOver = true): void {
    const comm = this.comm;
    this.comm = null;
    this.isSpeaking = false;
    this.stages = new Map();
    this.cells = new Map();
    this.silence = silence;
    if (comm !== null && !comm.isDisposed) {
      comm.onClose = () => undefined;
      if (isOver) {
        comm.dispose();
      }
    }
  }

  /** Let go of a comm that was not answered; an answer that is on its way still finds it. */
  private abandon(): void {
    const comm = this.comm;
    this.close(BUSY, false);
    if (comm !== null) {
      comm.onMsg = () => comm.dispose();
    }
  }

  private onMessage(message: Message.ICommMsgMsg): void {
    const said: unknown = message.content.data;
    if (isRecord(said) && KINDS.has(said.type)) {
      this.hear(said as unknown as KernelMessage);
    }
  }

  private hear(said: KernelMessage): void {
    if (said.type === 'hello') {
      this.isSpeaking = true;
      this.send(this.document);
      return;
    }
    if (said.type === 'error') {
      this.silence = `The kernel could not tell: ${said.message}`;
      this.told();
      return;
    }
    if (said.version < this.version) {
      return; // it speaks of a document that is no more
    }
    this.silence = '';
    this.stages = new Map(said.stages.map(stage => [stage.name, stage]));
    this.cells = new Map((said.cells ?? []).map(cell => [cell.id, cell.status]));
    this.told();
  }
}
