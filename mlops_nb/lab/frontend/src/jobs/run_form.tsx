/** What is asked before a headless run? Parameters and stages; the rest is folded away.
 *
 * The plan is asked for while somebody types. A refusal stands beside its field, and the form stays
 * open until the server has taken the run.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import * as React from 'react';

import type { Followed } from '../document/followed.js';
import { Freshest } from '../document/freshest.js';
import { FaultNote } from '../panel/fault_note.js';
import type { Client } from '../wire/client.js';
import type { Parameter, PlanAnswer } from '../wire/contract.js';
import { type Fault, toFault } from '../wire/fault.js';
import type { JobRequest } from '../wire/past.js';
import { ParameterRow } from './parameter_row.js';
import { PlanNote } from './plan_note.js';
import { type RunDraft, type RunPreset, faultAt, newDraft, shelfOf, toRequest } from './run_draft.js';
import { RunOptions } from './run_options.js';
import { ScopeRow } from './scope_row.js';

const DELAY_MS = 400;

export interface RunFormOptions {
  readonly followed: Followed;
  readonly client: Client;
  readonly preset: RunPreset;
  /** Save the notebook and start the run. */
  start(request: JobRequest): Promise<void>;
}

export class RunForm extends ReactWidget {
  private readonly plans: Freshest<JobRequest, PlanAnswer>;
  private draft: RunDraft;
  private plan: PlanAnswer | null = null;
  private fault: Fault | null = null;
  private isBusy = false;

  constructor(private readonly options: RunFormOptions) {
    super();
    this.addClass('mlops-nb-form');
    this.draft = newDraft(options.preset);
    const { client, followed } = options;
    this.plans = new Freshest(
      {
        ask: request => client.post('plan', { ...followed.sent, ...request }),
        tell: answer => this.draw({ plan: answer }),
        fail: error => this.draw({ plan: toPlan(toFault(error)) })
      },
      DELAY_MS,
      window
    );
    this.plans.request(this.request());
  }

  override dispose(): void {
    this.plans.close();
    super.dispose();
  }

  /** Start what the form says; false: it was refused, and the form says why. */
  async submit(): Promise<boolean> {
    if (this.isBusy) {
      return false;
    }
    this.draw({ isBusy: true, fault: null });
    try {
      await this.options.start(this.request());
      return true;
    } catch (error) {
      this.draw({ fault: toFault(error) });
      return false;
    } finally {
      this.draw({ isBusy: false });
    }
  }

  protected override render(): JSX.Element {
    const { draft, fault } = this;
    const stages = this.options.followed.answer?.stages ?? [];
    const shelf = fault && shelfOf(fault, this.parameters);
    return (
      <>
        {fault && shelf === 'top' && <FaultNote fault={fault} />}
        <PlanNote
          draft={draft}
          fault={faultAt(fault, 'force')}
          onForce={force => this.write({ force })}
          plan={this.plan}
          stages={stages}
        />
        {this.parameters.length > 0 && <h4>Parameters</h4>}
        {this.parameters.map(parameter => (
          <ParameterRow
            key={parameter.name}
            onText={text => this.write({ texts: { ...this.draft.texts, [parameter.name]: text } })}
            parameter={parameter}
            refusal={faultAt(fault, `parameters.${parameter.name}`)}
          />
        ))}
        {stages.length > 0 && (
          <ScopeRow
            draft={draft}
            fault={faultAt(fault, 'stage', 'until')}
            names={stages.map(({ name }) => name)}
            onChange={change => this.write(change)}
          />
        )}
        <RunOptions
          draft={draft}
          fault={fault}
          hasModel={stages.some(({ model }) => model !== null)}
          isOpen={shelf === 'folded'}
          onChange={change => this.write(change)}
        />
        <Revealed fault={fault} form={this.node} />
        <p className="mlops-nb-quiet" role="status">
          {this.isBusy && 'Saving the notebook and starting …'}
        </p>
      </>
    );
  }

  private get parameters(): readonly Parameter[] {
    return this.options.followed.answer?.parameters ?? [];
  }

  private request(): JobRequest {
    return toRequest(this.options.followed.path, this.parameters, this.draft);
  }

  private write(change: Partial<RunDraft>): void {
    this.draft = { ...this.draft, ...change };
    this.plans.request(this.request());
    this.draw({ plan: null, fault: null });
  }

  private draw(known: { plan?: PlanAnswer | null; fault?: Fault | null; isBusy?: boolean }): void {
    Object.assign(this, known);
    this.update();
  }
}

/** A refusal may be told below what is seen of the form, and among what has to unfold first. */
function Revealed({ fault, form }: { fault: Fault | null; form: HTMLElement }): null {
  React.useEffect(() => {
    if (fault === null) {
      return undefined;
    }
    const frame = requestAnimationFrame(() => {
      form.querySelector('[role="alert"]')?.scrollIntoView({ block: 'nearest' });
    });
    return () => cancelAnimationFrame(frame);
  }, [fault, form]);
  return null;
}

/** A plan that could not be made says why, as one the server did not make does. */
function toPlan(fault: Fault): PlanAnswer {
  return { stages: [], notes: [], why_not: fault };
}
