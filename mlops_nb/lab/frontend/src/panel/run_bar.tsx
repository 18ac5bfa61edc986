/** What is above the graph? What to run, how many stages stand how, or why nobody knows. */

import * as React from 'react';

import { StatusIcon } from '../graph/status_icon.js';
import { BUSY, NOT_LOADED } from '../live/kernel_link.js';
import { STATUS_WORDS, needsRun, tally } from '../live/statuses.js';
import type { LiveStage } from '../wire/contract.js';
import type { NotebookActs } from './actions.js';
import { Note } from './fault_note.js';
import { Permitted } from './permitted.js';

interface RunBarProps {
  readonly states: ReadonlyMap<string, LiveStage>;
  readonly acts: NotebookActs;
  /** Why the kernel says nothing; empty: it does. */
  readonly silence: string;
}

export function RunBar({ states, acts, silence }: RunBarProps): JSX.Element {
  const isWanting = Array.from(states.values()).some(({ status }) => needsRun(status));
  return (
    <>
      <div className="mlops-nb-buttons mlops-nb-runbar">
        <button
          className="mlops-nb-button mlops-nb-primary"
          disabled={!isWanting}
          onClick={() => acts.runStale()}
          title={
            isWanting
              ? 'Run in this kernel what is not fresh, and what it needs'
              : 'Every stage is fresh'
          }
        >
          Run stale stages
        </button>
        <Permitted
          className="mlops-nb-button"
          need="execute"
          onClick={() => acts.runHeadless()}
          title="Save, then run the notebook from top to bottom in a kernel of its own"
        >
          Run headless…
        </Permitted>
      </div>
      <Silence acts={acts} silence={silence} />
    </>
  );
}

/** How many stages stand how. */
export function Tally({ states }: Pick<RunBarProps, 'states'>): JSX.Element {
  return (
    <ul aria-label="Stages by status" className="mlops-nb-tally">
      {tally(states).map(({ status, count }) => (
        <li key={status}>
          <StatusIcon status={status} />
          {count} {STATUS_WORDS[status]}
        </li>
      ))}
    </ul>
  );
}

/** Why nobody knows how the stages stand; a kernel loads mlops_nb at the press of a button. */
function Silence({ acts, silence }: Pick<RunBarProps, 'acts' | 'silence'>): JSX.Element | null {
  if (silence === '' || silence === BUSY) {
    return null; // it comes and goes with every long cell
  }
  if (silence !== NOT_LOADED) {
    return (
      <Note>
        <p>{silence}</p>
      </Note>
    );
  }
  return (
    <Note>
      <p>
        Nobody knows what is fresh: the kernel has not loaded mlops_nb.{' '}
        <button
          className="mlops-nb-link"
          onClick={acts.loadExtension}
          title="Runs %load_ext mlops_nb in the kernel; the notebook stays as it is"
        >
          Load it
        </button>
      </p>
    </Note>
  );
}
