/** How are the options of a stage edited? In a form; what the cell's first line says is shown there. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import type { CellDirective } from '../wire/directive.js';
import { OPTION_FIELDS, type OptionField } from './option_table.js';
import { toText, withOptions } from './option_values.js';

interface FormProps {
  /** What the metadata of the stage's cells say. */
  readonly own: CellDirective;
  /** What all carriers of the stage say together. */
  readonly all: CellDirective;
}

class OptionForm extends ReactWidget {
  private texts: Record<string, string> = {};

  constructor(private readonly form: FormProps) {
    super();
    this.addClass('mlops-nb-form');
  }

  getValue(): CellDirective {
    return withOptions(this.form.own, this.texts);
  }

  protected override render(): JSX.Element {
    const { own, all } = this.form;
    return (
      <>
        {OPTION_FIELDS.map(field => {
          const isElsewhere = own[field.name] === undefined && all[field.name] !== undefined;
          return (
            <OptionRow
              field={field}
              isElsewhere={isElsewhere}
              key={field.name}
              onText={text => (this.texts = { ...this.texts, [field.name]: text })}
              text={toText(all[field.name])}
            />
          );
        })}
      </>
    );
  }
}

interface RowProps {
  readonly field: OptionField;
  readonly text: string;
  readonly isElsewhere: boolean;
  onText(text: string): void;
}

function OptionRow({ field, text, isElsewhere, onText }: RowProps): JSX.Element {
  const id = `mlops-nb-option-${field.name}`;
  const help = isElsewhere ? "Said in a cell's first line: change it there" : field.help;
  const shared = {
    'aria-describedby': `${id}-help`,
    className: 'jp-mod-styled',
    disabled: isElsewhere,
    id
  };
  return (
    <div className="mlops-nb-row">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === 'flag' ? (
        <select defaultValue={text} onChange={event => onText(event.target.value)} {...shared}>
          <option value="">as it is observed</option>
          <option value="true">always restore</option>
          <option value="false">never restore</option>
        </select>
      ) : (
        <input
          defaultValue={text}
          onChange={event => onText(event.target.value)}
          spellCheck={false}
          type="text"
          {...shared}
        />
      )}
      <small id={`${id}-help`}>{help}</small>
    </div>
  );
}

/** Ask for the options of a stage; null: the person changed their mind. */
export async function askOptions(stage: string, form: FormProps): Promise<CellDirective | null> {
  const result = await showDialog<CellDirective>({
    title: `Options of ${stage}`,
    body: new OptionForm(form),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Apply' })]
  });
  return result.button.accept ? result.value : null;
}
