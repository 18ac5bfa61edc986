/** How is one parameter entered? A box to tick, a choice, or a text that is checked as it is typed. */

import * as React from 'react';

import type { Parameter } from '../wire/contract.js';
import { faultOf, initialText, kindOf } from './parameter_values.js';

interface RowProps {
  readonly parameter: Parameter;
  /** Why the server does not take it; empty: it did not say so. */
  readonly refusal: string;
  onText(text: string): void;
}

export function ParameterRow({ parameter, refusal, onText }: RowProps): JSX.Element {
  const [typed, setFault] = React.useState('');
  const fault = refusal || typed;
  const id = `mlops-nb-parameter-${parameter.name}`;
  const onChange = (text: string): void => {
    setFault(faultOf(parameter, text));
    onText(text);
  };
  const help = fault || [parameter.type, parameter.description].filter(Boolean).join(' · ');
  return (
    <div className="mlops-nb-row">
      <label htmlFor={id}>{parameter.name}</label>
      <Control id={id} isWrong={fault !== ''} onChange={onChange} parameter={parameter} />
      <small
        className={fault && 'mlops-nb-wrong'}
        id={`${id}-help`}
        role={refusal === '' ? undefined : 'alert'}
      >
        {help}
      </small>
    </div>
  );
}

interface ControlProps {
  readonly id: string;
  readonly isWrong: boolean;
  readonly parameter: Parameter;
  onChange(text: string): void;
}

function Control({ id, isWrong, parameter, onChange }: ControlProps): JSX.Element {
  const text = initialText(parameter);
  switch (kindOf(parameter)) {
    case 'flag':
      return (
        <input
          defaultChecked={parameter.default === true}
          id={id}
          onChange={event => onChange(event.target.checked ? 'True' : 'False')}
          type="checkbox"
        />
      );
    case 'choice':
      return (
        <select
          className="jp-mod-styled"
          defaultValue={text}
          id={id}
          onChange={event => onChange(event.target.value)}
        >
          {(parameter.choices ?? []).map(choice => (
            <option key={String(choice)}>{String(choice)}</option>
          ))}
        </select>
      );
    default:
      return (
        <input
          aria-describedby={`${id}-help`}
          aria-invalid={isWrong}
          className="jp-mod-styled"
          defaultValue={text}
          id={id}
          onChange={event => onChange(event.target.value)}
          spellCheck={false}
          type="text"
        />
      );
  }
}
