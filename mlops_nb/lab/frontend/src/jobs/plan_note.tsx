/** What would a headless run do? Asked when the form opens, and again when its parameters change. */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import { counted } from '../text.js';
import type { PlannedStage } from '../wire/contract.js';
import { toFault } from '../wire/fault.js';

const DELAY_MS = 500;

interface NoteProps {
  /** Emitted when somebody changed a parameter. */
  readonly touched: ISignal<unknown, void>;
  ask(): Promise<readonly PlannedStage[]>;
}

export function PlanNote({ ask, touched }: NoteProps): JSX.Element {
  const [stages, setStages] = React.useState<readonly PlannedStage[] | null>(null);
  const [fault, setFault] = React.useState('');
  React.useEffect(() => {
    let round = 0;
    let timer = 0;
    const look = (): void => {
      const own = (round += 1);
      const isLatest = (): boolean => own === round;
      ask().then(
        found => isLatest() && (setFault(''), setStages(found)),
        error => isLatest() && setFault(toFault(error).message)
      );
    };
    const later = (): void => {
      setStages(null);
      window.clearTimeout(timer);
      timer = window.setTimeout(look, DELAY_MS);
    };
    look();
    touched.connect(later);
    return () => {
      round += 1;
      window.clearTimeout(timer);
      touched.disconnect(later);
    };
  }, []);
  return (
    <details className="mlops-nb-plan">
      <summary aria-live="polite">{fault || summary(stages)}</summary>
      <ul>
        {(stages ?? []).map(({ name, action, reason }) => (
          <li key={name}>
            <b>{name}</b> {action}
            <small>{reason}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}

function summary(stages: readonly PlannedStage[] | null): string {
  if (stages === null) {
    return 'Looking what has to run …';
  }
  const [runs, open] = ['run', 'undecided'].map(
    action => stages.filter(stage => stage.action === action).length
  );
  const later = open ? `, ${open} decided on the way` : '';
  return `${counted(runs ?? 0, 'stage')} of ${stages.length} will run${later}`;
}
