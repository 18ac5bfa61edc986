/** What is in the side bar? The pipeline, runs and models of the current notebook, in three tabs. */

import { ReactWidget } from '@jupyterlab/apputils';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';

import type { Followed } from '../document/followed.js';
import type { Following } from '../document/following.js';
import { revealCell } from '../document/reveal.js';
import type { Fault } from '../wire/fault.js';
import { useChanges } from './changes.js';
import type { ServerStatus } from '../wire/contract.js';
import { FaultNote } from './fault_note.js';
import { Terms } from './permitted.js';
import { ShowCell } from './told.js';

export interface Tab {
  readonly id: string;
  readonly label: string;
  render(followed: Followed, current: string | null): JSX.Element;
}

export class Pane extends ReactWidget {
  private readonly shown = new Signal<this, void>(this);
  private tab: string;
  private notice: Fault | null = null;
  private status: ServerStatus | null = null;

  constructor(
    private readonly following: Following,
    private readonly tabs: readonly Tab[]
  ) {
    super();
    this.tab = tabs[0]?.id ?? '';
    this.id = 'mlops-nb-panel';
    this.addClass('mlops-nb-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Pipeline');
    this.node.addEventListener('keydown', event => this.onKeyDown(event));
  }

  get changed(): ISignal<this, void> {
    return this.shown;
  }

  get current(): string {
    return this.tab;
  }

  get fault(): Fault | null {
    return this.notice;
  }

  get terms(): ServerStatus | null {
    return this.status;
  }

  /** Offer what the server lets this person do. */
  offer(status: ServerStatus): void {
    this.status = status;
    this.shown.emit(undefined);
  }

  /** Show one of the tabs. */
  open(tab: string): void {
    this.tab = tab;
    this.shown.emit(undefined);
  }

  /** Show what went wrong with what the person did; null: nothing did. */
  tell(fault: Fault | null): void {
    this.notice = fault;
    this.shown.emit(undefined);
  }

  /** Escape closes what is open, and leads back to the notebook where nothing is. */
  private onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) {
      return;
    }
    if (this.notice !== null) {
      this.tell(null);
    } else {
      this.following.current?.panel.activate();
    }
  }

  protected override render(): JSX.Element {
    return <Content following={this.following} pane={this} tabs={this.tabs} />;
  }
}

interface ContentProps {
  readonly pane: Pane;
  readonly following: Following;
  readonly tabs: readonly Tab[];
}

function Content({ pane, following, tabs }: ContentProps): JSX.Element {
  useChanges(following.currentChanged);
  useChanges(pane.changed);
  const followed = following.current;
  return (
    <Terms.Provider value={pane.terms}>
      <Tabs pane={pane} tabs={tabs} />
      {pane.fault && <FaultNote fault={pane.fault} onClose={() => pane.tell(null)} />}
      {followed === null ? (
        <p className="mlops-nb-quiet mlops-nb-empty">Open a notebook: the pipeline of its stages is drawn here.</p>
      ) : (
        <Shown followed={followed} key={followed.panel.id} tab={pane.current} tabs={tabs} />
      )}
    </Terms.Provider>
  );
}

function Tabs({ pane, tabs }: { readonly pane: Pane; readonly tabs: readonly Tab[] }): JSX.Element {
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const index = tabs.findIndex(tab => tab.id === pane.current);
    const next = tabs[(index + way + tabs.length) % tabs.length];
    if (way !== 0 && next !== undefined) {
      pane.open(next.id);
      document.getElementById(`mlops-nb-tab-${next.id}`)?.focus();
      event.preventDefault();
    }
  };
  return (
    <div aria-label="Views" className="mlops-nb-tabs" onKeyDown={onKeyDown} role="tablist">
      {tabs.map(tab => (
        <button
          aria-controls="mlops-nb-tabpanel"
          aria-selected={tab.id === pane.current}
          id={`mlops-nb-tab-${tab.id}`}
          key={tab.id}
          onClick={() => pane.open(tab.id)}
          role="tab"
          tabIndex={tab.id === pane.current ? 0 : -1}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

interface ShownProps {
  readonly followed: Followed;
  readonly tab: string;
  readonly tabs: readonly Tab[];
}

function Shown({ followed, tab, tabs }: ShownProps): JSX.Element {
  useChanges(followed.changed);
  useChanges(followed.panel.content.activeCellChanged);
  const active = followed.panel.content.activeCell?.model.id;
  const holder = followed.answer?.cells.find(({ id }) => id === active);
  return (
    <div
      aria-labelledby={`mlops-nb-tab-${tab}`}
      className="mlops-nb-tabpanel"
      id="mlops-nb-tabpanel"
      role="tabpanel"
    >
      <ShowCell.Provider value={index => void showCell(followed, index)}>
        {followed.fault && <FaultNote fault={followed.fault} />}
        {tabs.find(({ id }) => id === tab)?.render(followed, holder?.stage ?? null)}
      </ShowCell.Provider>
    </div>
  );
}

/** Show a cell by its place: the document may have changed since it was named, as a finding's may. */
async function showCell({ panel, cells }: Followed, index: number): Promise<void> {
  const id = cells[index]?.id;
  if (id !== undefined) {
    await revealCell(panel, id);
  }
}
