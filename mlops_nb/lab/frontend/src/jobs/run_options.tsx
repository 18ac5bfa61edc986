/** What else can be said of a headless run? Caching, gates, what becomes of its model: folded away. */

import * as React from 'react';

import type { Fault } from '../wire/fault.js';
import { type RunDraft, faultAt, optionWords } from './run_draft.js';

interface OptionsProps {
  readonly draft: RunDraft;
  readonly hasModel: boolean;
  readonly fault: Fault | null;
  /** Whether one of them was refused: then they are unfolded. */
  readonly isOpen: boolean;
  onChange(change: Partial<RunDraft>): void;
}

export function RunOptions(props: OptionsProps): JSX.Element {
  const { draft, hasModel, fault, onChange } = props;
  const [isOpen, setOpen] = React.useState(false);
  React.useEffect(() => {
    if (props.isOpen) {
      setOpen(true);
    }
  }, [props.isOpen]);
  const words = optionWords(draft);
  const canPromote = draft.register.trim() !== '';
  return (
    <details
      className="mlops-nb-folded"
      onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}
      open={isOpen}
    >
      <summary>
        Options {!isOpen && words !== '' && <small>{words}</small>}
      </summary>
      <Option
        fault={faultAt(fault, 'no_cache')}
        help="Every cell runs; nothing is restored, nothing is kept for later runs"
        label="Restore nothing"
        name="no-cache"
      >
        <Tick isOn={draft.isUncached} onChange={isUncached => onChange({ isUncached })} />
      </Option>
      <Option
        fault={faultAt(fault, 'gates')}
        help="What must hold besides the notebook's own gates, one on a line: accuracy >= 0.9"
        label="Gates"
        name="gates"
      >
        <Text as="textarea" onChange={gates => onChange({ gates })} value={draft.gates} />
      </Option>
      {hasModel && (
        <>
          <Option
            fault={faultAt(fault, 'register')}
            help="Name of the registered model that gets a new version; empty: none"
            label="Register as"
            name="register"
          >
            <Text as="input" onChange={register => onChange({ register })} value={draft.register} />
          </Option>
          <Option
            fault={faultAt(fault, 'promote_if_passed')}
            help={canPromote ? 'It becomes the champion if all gates hold' : 'Needs a name to register as'}
            label="Promote if it passes"
            name="promote"
          >
            <Tick
              disabled={!canPromote}
              isOn={draft.isPromoted}
              onChange={isPromoted => onChange({ isPromoted })}
            />
          </Option>
        </>
      )}
      {!hasModel && (
        <p className="mlops-nb-quiet">
          No stage names a model, so there is none to register: Options… of a stage, Model.
        </p>
      )}
    </details>
  );
}

interface FieldProps {
  readonly id?: string;
  readonly disabled?: boolean;
}

interface TickProps extends FieldProps {
  readonly isOn: boolean;
  onChange(isOn: boolean): void;
}

function Tick({ isOn, onChange, ...field }: TickProps): JSX.Element {
  return (
    <input
      {...field}
      defaultChecked={isOn}
      onChange={event => onChange(event.target.checked)}
      type="checkbox"
    />
  );
}

interface TextProps extends FieldProps {
  readonly as: 'input' | 'textarea';
  readonly value: string;
  onChange(value: string): void;
}

function Text({ as, value, onChange, ...field }: TextProps): JSX.Element {
  return React.createElement(as, {
    ...field,
    className: 'jp-mod-styled',
    defaultValue: value,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onChange(event.target.value),
    spellCheck: false,
    ...(as === 'input' ? { type: 'text' } : { rows: 2 })
  });
}

interface OptionProps {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly fault: string;
  readonly children: React.ReactElement;
}

function Option({ name, label, help, fault, children }: OptionProps): JSX.Element {
  const id = `mlops-nb-${name}`;
  const more = { id, 'aria-describedby': `${id}-help`, 'aria-invalid': fault !== '' };
  return (
    <div className="mlops-nb-row">
      <label htmlFor={id}>{label}</label>
      {React.cloneElement(children, more)}
      <small
        className={fault === '' ? undefined : 'mlops-nb-wrong'}
        id={`${id}-help`}
        role={fault === '' ? undefined : 'alert'}
      >
        {fault || help}
      </small>
    </div>
  );
}
