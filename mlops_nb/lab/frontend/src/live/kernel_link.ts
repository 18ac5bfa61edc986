/** How does the kernel's view of the stages reach the page? Over a comm that the kernel answers.
 *
 * The kernel is asked first whether it listens: a comm that nobody wants is closed, and all other
 * pages on the kernel would complain. It is asked again after code ran that may have loaded
 * mlops_nb, whichever page ran it.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage as Message } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import type { KernelMessage, LiveCell, LiveStage, SentCell, SentDocument } from '../wire/contract.js';
import { isRecord } from '../wire/fault.js';
import type { KernelView } from './statuses.js';

const TARGET = 'mlops_nb.panel';
const NO_KERNEL = 'No kernel is running for this notebook.';
export const NOT_LOADED = 'The kernel has not loaded mlops_nb: run %load_ext mlops_nb in a cell.';
export const BUSY = 'The kernel has not answered yet.';
const FOREIGN = 'Only a Python kernel can say what is fresh or stale.';
const KINDS: ReadonlySet<unknown> = new Set(['hello', 'stages', 'error']);
const LOADS = /mlops_nb/;
const LISTENS = `'${TARGET}' in get_ipython().kernel.comm_manager.targets`;

export class KernelLink implements IDisposable {
  private comm: Kernel.IComm | null = null;
  private isSpeaking = false;
  private version = 0;
  /** Which question counts: answers to those before the last `close` do not. */
  private round = 0;
  private isAsking = false;
  private stages: ReadonlyMap<string, LiveStage> = new Map();
  private cells: ReadonlyMap<string, LiveCell> = new Map();
  private silence = NO_KERNEL;
  private document: SentDocument | null = null;
  private mayHaveLoaded = false;
  private asked: { readonly version: number; done(): void }[] = [];
  private gone = false;

  constructor(
    private readonly context: ISessionContext,
    private readonly told: () => void
  ) {
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    context.iopubMessage.connect(this.onHeard, this);
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

  /** Ask again, and wait for the answer; at once where nobody would give one. */
  ask(): Promise<void> {
    this.send(this.document);
    if (!this.isSpeaking || this.document === null) {
      return Promise.resolve();
    }
    const { version } = this;
    return new Promise(done => this.asked.push({ version, done }));
  }

  /** Load mlops_nb in the kernel, and ask it. */
  async load(): Promise<void> {
    const kernel = this.context.session?.kernel;
    if (!kernel) {
      return;
    }
    const code = '%load_ext mlops_nb';
    // Not silent: other pages on this kernel shall hear of it.
    const reply = await kernel.requestExecute({ code, store_history: false }).done;
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
      this.context.iopubMessage.disconnect(this.onHeard, this);
      this.close(NO_KERNEL);
    }
  }

  private onKernel(): void {
    this.close(NO_KERNEL);
    this.open();
    this.told();
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.close(status === 'dead' ? NO_KERNEL : BUSY);
      this.told();
    } else if (status === 'idle' && this.mayHaveLoaded) {
      this.mayHaveLoaded = false;
      this.abandon(); // a question that a starting kernel did not hear is never answered
      this.open();
    } else if (status === 'idle' && this.comm === null && this.silence === BUSY) {
      this.open();
    }
  }

  /** Code that any page runs is told to all of them. */
  private onHeard(_: unknown, message: Message.IMessage): void {
    if (!this.isSpeaking && message.header.msg_type === 'execute_input') {
      const { code } = message.content as { readonly code?: unknown };
      this.mayHaveLoaded ||= typeof code === 'string' && LOADS.test(code);
    }
  }

  private open(): void {
    const kernel = this.context.session?.kernel;
    if (kernel === null || kernel === undefined || this.gone || !kernel.handleComms) {
      return;
    }
    this.silence = BUSY;
    kernel.info.then(
      ({ language_info }) => {
        const isCurrent = kernel === this.context.session?.kernel && !this.gone;
        if (isCurrent && this.comm === null && !this.isAsking) {
          this.meet(kernel, language_info.name);
        }
      },
      () => undefined // it never started, or is gone
    );
  }

  private meet(kernel: Kernel.IKernelConnection, language: string): void {
    if (language.toLowerCase() !== 'python') {
      this.silence = FOREIGN;
      this.told();
      return;
    }
    const { round } = this;
    this.isAsking = true;
    listens(kernel).then(
      isThere => round === this.round && (isThere ? this.connect(kernel) : this.beSilent()),
      () => undefined // the kernel is gone, or another one
    );
  }

  private beSilent(): void {
    this.close(NOT_LOADED);
    this.told();
  }

  private connect(kernel: Kernel.IKernelConnection): void {
    const comm = kernel.createComm(TARGET);
    this.isAsking = false;
    this.comm = comm;
    this.silence = BUSY;
    comm.onMsg = message => this.onMessage(message);
    comm.onClose = () => this.onClosed(comm);
    comm.open({});
  }

  private onClosed(comm: Kernel.IComm): void {
    if (this.comm === comm) {
      this.beSilent();
    }
  }

  private close(silence: string, isOver = true): void {
    const comm = this.comm;
    this.comm = null;
    this.round += 1;
    this.isAsking = false;
    this.isSpeaking = false;
    this.stages = new Map();
    this.cells = new Map();
    this.silence = silence;
    this.release(Infinity); // nobody will answer
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
    this.cells = new Map((said.cells ?? []).map(cell => [cell.id, cell]));
    this.told();
    this.release(said.version);
  }

  /** Who asked for a version, or for one before it, has the answer. */
  private release(version: number): void {
    const due = this.asked.filter(one => one.version <= version);
    this.asked = this.asked.filter(one => one.version > version);
    due.forEach(one => one.done());
  }
}

/** Return whether a kernel has loaded mlops_nb; nothing of the user's runs for it. */
async function listens(kernel: Kernel.IKernelConnection): Promise<boolean> {
  const question = { code: '', silent: true, store_history: false };
  const request = { ...question, user_expressions: { listens: LISTENS } };
  const { content } = await kernel.requestExecute(request).done;
  const told = content.status === 'ok' ? content.user_expressions.listens : undefined;
  return JSON.stringify(told ?? null).includes('"True"');
}
