/** What does the second tab show? Headless runs that go on, and the runs on record, to compare. */

import * as React from 'react';

import type { Followed } from '../document/followed.js';
import { StatusIcon } from '../graph/status_icon.js';
import type { Board } from '../jobs/board.js';
import { JobCard } from '../jobs/job_card.js';
import { runLine, signOfRun } from '../jobs/job_words.js';
import { useChanges } from '../panel/changes.js';
import { FaultNote } from '../panel/fault_note.js';
import type { Tab } from '../panel/pane.js';
import { ago, number } from '../text.js';
import type { Client } from '../wire/client.js';
import { type Job, type Run, notOnRecord } from '../wire/past.js';
import { Permitted } from '../panel/permitted.js';

export interface RunActions {
  runHeadless(): void;
  cancel(job: Job): void;
  openJob(job: Job): void;
  openRun(run: Run): void;
  compare(a: Run, b: Run): void;
}

/** Return the tab of runs. */
export function runsTab(
  client: Client,
  acts: RunActions,
  boardOf: (followed: Followed) => Board
): Tab {
  return {
    id: 'runs',
    label: 'Runs',
    render: followed => (
      <RunsTab acts={acts} board={boardOf(followed)} client={client} path={followed.path} />
    )
  };
}

interface TabProps {
  readonly board: Board;
  readonly path: string;
  readonly client: Client;
  readonly acts: RunActions;
}

function RunsTab({ board, path, client, acts }: TabProps): JSX.Element {
  useChanges(board.changed);
  React.useEffect(() => void board.reload(), [board, path]);
  const jobs = notOnRecord(board.jobs, board.runs ?? []);
  return (
    <>
      <div className="mlops-nb-buttons mlops-nb-runbar">
        <Permitted
          className="mlops-nb-button mlops-nb-primary"
          need="execute"
          onClick={acts.runHeadless}
        >
          Run headless…
        </Permitted>
        <button className="mlops-nb-button" onClick={() => void board.reload()}>
          Refresh
        </button>
      </div>
      {board.fault && <FaultNote fault={board.fault} />}
      {jobs.length > 0 && (
        <section aria-label="Headless runs" className="mlops-nb-section">
          <h3>Headless runs</h3>
          <ul className="mlops-nb-jobs">
            {jobs.map(job => (
              <JobCard
                client={client}
                job={job}
                key={job.id}
                onCancel={acts.cancel}
                onOpen={acts.openJob}
              />
            ))}
          </ul>
        </section>
      )}
      <Recorded acts={acts} runs={board.runs} />
    </>
  );
}

interface RecordedProps {
  readonly runs: readonly Run[] | null;
  readonly acts: RunActions;
}

function Recorded({ runs, acts }: RecordedProps): JSX.Element {
  const [ticked, tick] = React.useState<readonly string[]>([]);
  const [older, newer] = (runs ?? []).filter(run => ticked.includes(run.run_id)).reverse();
  const onTick = (id: string): void =>
    tick(ticked.includes(id) ? ticked.filter(other => other !== id) : [...ticked.slice(-1), id]);
  return (
    <section aria-label="Runs on record" className="mlops-nb-section">
      <h3>
        On record
        <button
          className="mlops-nb-link mlops-nb-right"
          disabled={newer === undefined}
          onClick={() => older && newer && acts.compare(older, newer)}
          title="Tick two runs to compare them"
        >
          {newer === undefined && (runs?.length ?? 0) > 1 ? 'Tick two to compare' : 'Compare'}
        </button>
      </h3>
      {runs === null && <p className="mlops-nb-quiet">Reading …</p>}
      {runs?.length === 0 && <p className="mlops-nb-quiet">No run of this notebook yet.</p>}
      <ul className="mlops-nb-jobs">
        {(runs ?? []).map(run => (
          <RunRow
            acts={acts}
            isTicked={ticked.includes(run.run_id)}
            key={run.run_id}
            onTick={() => onTick(run.run_id)}
            run={run}
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly run: Run;
  readonly isTicked: boolean;
  readonly acts: RunActions;
  onTick(): void;
}

function RunRow({ run, isTicked, acts, onTick }: RowProps): JSX.Element {
  const values = [...Object.entries(run.metrics), ...Object.entries(run.parameters)].slice(0, 5);
  const when = run.started === null ? '' : ago(run.started, new Date());
  return (
    <li className="mlops-nb-job">
      <label className="mlops-nb-job-head">
        <input checked={isTicked} onChange={onTick} type="checkbox" />
        <StatusIcon status={signOfRun(run)} />
        <span>{runLine(run)}</span>
        <small>{when}</small>
      </label>
      {values.length > 0 && (
        <p className="mlops-nb-reason">
          {values.map(([name, value]) => `${name} ${shown(value)}`).join(' · ')}
        </p>
      )}
      <div className="mlops-nb-finding-actions">
        <code title={run.run_id}>{run.run_id.slice(0, 8)}</code>
        {(run.output !== null || run.can_copy) && (
          <button className="mlops-nb-link" onClick={() => acts.openRun(run)}>
            Open
          </button>
        )}
        {run.mlflow_url !== null && (
          <a
            className="mlops-nb-link"
            href={safeAddress(run.mlflow_url)}
            rel="noreferrer noopener"
            target="_blank"
          >
            MLflow
          </a>
        )}
      </div>
    </li>
  );
}

function shown(value: unknown): string {
  return typeof value === 'number' ? number(value) : String(value);
}

/** An address may come from a record that anybody wrote: only web pages are linked. */
function safeAddress(address: string): string | undefined {
  return /^https?:\/\//.test(address) ? address : undefined;
}
