/** What would a headless run do? In one line; unfolded stage by stage, each of which can be forced. */

import * as React from 'react';

import type { PlanAnswer, StageAnswer } from '../wire/contract.js';
import { ACTION_WORDS, planSummary } from './plan_words.js';
import type { RunDraft } from './run_draft.js';

interface NoteProps {
  readonly draft: RunDraft;
  readonly plan: PlanAnswer | null;
  readonly stages: readonly StageAnswer[];
  readonly fault: string;
  onForce(names: readonly string[]): void;
}

export function PlanNote(props: NoteProps): JSX.Element {
  const { draft, plan, stages, fault, onForce } = props;
  const summary = planSummary(plan, stages.length, draft.isUncached);
  if (stages.length === 0) {
    return <p role="status">{summary}</p>;
  }
  const planned = new Map((plan?.stages ?? []).map(stage => [stage.name, stage]));
  const force = (name: string, isForced: boolean): void =>
    onForce(isForced ? [...draft.force, name] : draft.force.filter(other => other !== name));
  return (
    <details className="mlops-nb-plan">
      <summary aria-live="polite">{summary}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">What becomes of it</th>
            <th scope="col" title="It runs though it could be restored">
              Force
            </th>
          </tr>
        </thead>
        <tbody>
          {stages.map(({ name }) => {
            const said = planned.get(name);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {said && ACTION_WORDS[said.action]} <small>{said?.reason}</small>
                </td>
                <td>
                  <input
                    aria-label={`Force ${name}`}
                    checked={draft.force.includes(name)}
                    disabled={draft.isUncached}
                    onChange={event => force(name, event.target.checked)}
                    type="checkbox"
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {draft.force.length > 0 && <p className="mlops-nb-quiet">Forced: {draft.force.join(', ')}.</p>}
      {fault && (
        <p className="mlops-nb-fault" role="alert">
          {fault}
        </p>
      )}
    </details>
  );
}
