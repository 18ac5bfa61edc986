/** What does a stage take and give, and how does it stand? */

import * as React from 'react';

import { STATUS_WORDS } from '../live/statuses.js';
import { Told } from '../panel/told.js';
import { duration, number } from '../text.js';
import type { LiveStage, StageAnswer } from '../wire/contract.js';

interface FactsProps {
  readonly stage: StageAnswer;
  readonly state: LiveStage;
}

/** Show status, reasons, inputs, outputs and metrics of a stage. */
export function StageFacts({ stage, state }: FactsProps): JSX.Element {
  const metrics = Object.entries(state.metrics);
  const took = state.seconds === null ? '' : ` · ${duration(state.seconds)}`;
  return (
    <>
      <p className="mlops-nb-state">
        <strong>{STATUS_WORDS[state.status]}</strong>
        {took}
      </p>
      {state.reasons.map((reason, index) => (
        <p className="mlops-nb-reason" key={index}>
          <Told text={reason} />
        </p>
      ))}
      <dl className="mlops-nb-facts">
        <Values label="reads" names={stage.inputs} said={state.inputs} />
        <Values label="makes" names={stage.outputs} said={state.outputs} />
        {metrics.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd className="mlops-nb-number">{number(value)}</dd>
          </React.Fragment>
        ))}
      </dl>
    </>
  );
}

interface ValuesProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly said: Readonly<Record<string, string>>;
}

function Values({ label, names, said }: ValuesProps): JSX.Element | null {
  if (names.length === 0) {
    return null;
  }
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {names.map(name => (
          <span className="mlops-nb-value" key={name}>
            <code>{name}</code>
            {Object.prototype.hasOwnProperty.call(said, name) && <small>{said[name]}</small>}
          </span>
        ))}
      </dd>
    </>
  );
}
