/** What is asked before a headless run? Parameters, what becomes of its model, and the plan is shown. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { Followed } from '../document/followed.js';
import type { Client } from '../wire/client.js';
import type { Parameter, PlannedStage } from '../wire/contract.js';
import type { JobRequest } from '../wire/past.js';
import { ParameterRow } from './parameter_row.js';
import { toParameters } from './parameter_values.js';
import { PlanNote } from './plan_note.js';

type Options = Omit<JobRequest, 'path' | 'parameters'>;

class RunForm extends ReactWidget {
  private texts: Record<string, string> = {};
  private options: Options;
  private readonly touched = new Signal<this, void>(this);

  constructor(
    private readonly followed: Followed,
    private readonly client: Client,
    until: string | undefined
  ) {
    super();
    this.options = until === undefined ? {} : { until };
    this.addClass('mlops-nb-form');
  }

  getValue(): JobRequest {
    return { path: this.followed.path, parameters: this.parameters(), ...this.options };
  }

  protected override render(): JSX.Element {
    const parameters = this.declared();
    const hasModel = this.followed.answer?.stages.some(({ model }) => model !== null) ?? false;
    return (
      <>
        <PlanNote ask={() => this.plan()} touched={this.touched} />
        {parameters.length > 0 && <h4>Parameters</h4>}
        {parameters.map(parameter => (
          <ParameterRow
            key={parameter.name}
            onText={text => this.write(parameter.name, text)}
            parameter={parameter}
          />
        ))}
        <h4>Options</h4>
        <Choices
          hasModel={hasModel}
          onOptions={options => (this.options = { ...this.options, ...options })}
        />
      </>
    );
  }

  private declared(): readonly Parameter[] {
    return this.followed.answer?.parameters ?? [];
  }

  private parameters(): Record<string, unknown> {
    return toParameters(this.declared(), this.texts);
  }

  private write(name: string, text: string): void {
    this.texts = { ...this.texts, [name]: text };
    this.touched.emit(undefined);
  }

  private async plan(): Promise<readonly PlannedStage[]> {
    const { path, cells } = this.followed;
    const metadata = this.followed.panel.content.model?.metadata ?? {};
    const { until } = this.options;
    const question = { path, cells, metadata, parameters: this.parameters(), until };
    return (await this.client.post<{ stages: PlannedStage[] }>('plan', question)).stages;
  }
}

interface ChoicesProps {
  readonly hasModel: boolean;
  onOptions(options: Options): void;
}

function Choices({ hasModel, onOptions }: ChoicesProps): JSX.Element {
  return (
    <>
      <div className="mlops-nb-row">
        <label htmlFor="mlops-nb-no-cache">Run everything</label>
        <input
          id="mlops-nb-no-cache"
          onChange={event => onOptions({ no_cache: event.target.checked })}
          type="checkbox"
        />
        <small>Restore nothing, store nothing</small>
      </div>
      {hasModel && (
        <>
          <div className="mlops-nb-row">
            <label htmlFor="mlops-nb-register">Register as</label>
            <input
              className="jp-mod-styled"
              id="mlops-nb-register"
              onChange={event => onOptions({ register: event.target.value.trim() || undefined })}
              spellCheck={false}
              type="text"
            />
            <small>Name of the model a version is added to; empty: none</small>
          </div>
          <div className="mlops-nb-row">
            <label htmlFor="mlops-nb-promote">Promote if it passes</label>
            <input
              id="mlops-nb-promote"
              onChange={event => onOptions({ promote_if_passed: event.target.checked })}
              type="checkbox"
            />
            <small>It becomes the champion if its gates hold</small>
          </div>
        </>
      )}
    </>
  );
}

/** Ask how to run; null: the person changed their mind. */
export async function askRun(
  followed: Followed,
  client: Client,
  until?: string
): Promise<JobRequest | null> {
  const result = await showDialog<JobRequest>({
    title: until === undefined ? 'Run headless' : `Run headless up to ${until}`,
    body: new RunForm(followed, client, until),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Save and run' })]
  });
  return result.button.accept ? result.value : null;
}
