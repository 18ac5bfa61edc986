/** How do two runs differ? Side by side, what differs first. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { duration, number } from '../text.js';
import type { Client } from '../wire/client.js';
import type { ComparedRow, Comparison, Run } from '../wire/past.js';

class Compared extends ReactWidget {
  constructor(private readonly said: Comparison) {
    super();
    this.addClass('mlops-nb-compared');
  }

  protected override render(): JSX.Element {
    const { a, b, parameters, metrics, stages } = this.said;
    const ended = stages.map(row => ({ ...row, a: stageText(row.a), b: stageText(row.b) }));
    return (
      <table>
        <thead>
          <tr>
            <th />
            <th>{a.run_id.slice(0, 8)}</th>
            <th>{b.run_id.slice(0, 8)}</th>
            <th />
          </tr>
        </thead>
        <Rows label="Metrics" rows={metrics} />
        <Rows label="Parameters" rows={parameters} />
        <Rows label="Stages" rows={ended} />
      </table>
    );
  }
}

function Rows(props: { readonly label: string; readonly rows: readonly ComparedRow[] }): JSX.Element {
  const sorted = [...props.rows].sort((one, other) => Number(one.same) - Number(other.same));
  return (
    <tbody>
      {sorted.length > 0 && (
        <tr>
          <th colSpan={4} scope="rowgroup">
            {props.label}
          </th>
        </tr>
      )}
      {sorted.map(row => (
        <tr className={row.same ? 'mlops-nb-same' : ''} key={row.name}>
          <th scope="row">{row.name}</th>
          <td>{text(row.a)}</td>
          <td>{text(row.b)}</td>
          <td>{row.same ? 'same' : differenceText(row.difference)}</td>
        </tr>
      ))}
    </tbody>
  );
}

/** Show two runs side by side. */
export async function compareRuns(client: Client, path: string, a: Run, b: Run): Promise<void> {
  const question = { a: a.run_id, b: b.run_id, path };
  const said = await client.get<Comparison>('runs/compare', question);
  await showDialog({
    title: 'Two runs',
    body: new Compared(said),
    buttons: [Dialog.okButton({ label: 'Close' })]
  });
}

function text(value: unknown): string {
  if (value === null || value === undefined) {
    return '–';
  }
  return typeof value === 'number' ? number(value) : String(value);
}

function differenceText(difference: number | null | undefined): string {
  return typeof difference === 'number'
    ? `${difference > 0 ? '+' : '−'}${number(Math.abs(difference))}`
    : '';
}

function stageText(
  stage: { readonly status?: string; readonly seconds?: number | null } | null
): string | null {
  if (stage === null) {
    return null;
  }
  const took = typeof stage.seconds === 'number' ? ` · ${duration(stage.seconds)}` : '';
  return `${stage.status ?? ''}${took}`;
}
