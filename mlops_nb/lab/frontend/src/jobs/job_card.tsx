/** How is a headless run shown? Its progress, its log, and what can be done with it. */

import * as React from 'react';

import { StatusIcon } from '../graph/status_icon.js';
import { ago, duration, number } from '../text.js';
import { type Client, segment } from '../wire/client.js';
import { type Job, isGoingOn } from '../wire/past.js';
import { progressLine, progressShare, signOf } from './job_words.js';

interface JobProps {
  readonly job: Job;
  readonly client: Client;
  onCancel(job: Job): void;
  onOpen(job: Job): void;
}

export function JobCard({ job, client, onCancel, onOpen }: JobProps): JSX.Element {
  const share = progressShare(job);
  const metrics = Object.entries(job.metrics).slice(0, 4);
  const took = job.seconds === null ? '' : ` · ${duration(job.seconds)}`;
  return (
    <li className="mlops-nb-job">
      <div className="mlops-nb-job-head" role="status">
        <StatusIcon status={signOf(job.status)} />
        <span>
          {progressLine(job)}
          {took}
        </span>
        <small>{ago(job.created, new Date())}</small>
      </div>
      {isGoingOn(job) && (
        <progress aria-label="Progress" value={share ?? undefined} />
      )}
      {metrics.length > 0 && (
        <p className="mlops-nb-reason">
          {metrics.map(([name, value]) => `${name} ${number(value)}`).join(' · ')}
        </p>
      )}
      {job.error !== null && (
        <p className="mlops-nb-fault">
          {job.error.code && <code>{job.error.code} </code>}
          {job.error.message}
          {job.error.remedy && <span className="mlops-nb-remedy"> {job.error.remedy}</span>}
        </p>
      )}
      <div className="mlops-nb-finding-actions">
        {isGoingOn(job) && (
          <button className="mlops-nb-link" onClick={() => onCancel(job)}>
            Cancel
          </button>
        )}
        {(job.output !== null || job.can_copy) && !isGoingOn(job) && (
          <button className="mlops-nb-link" onClick={() => onOpen(job)}>
            Open executed notebook
          </button>
        )}
      </div>
      <Log client={client} job={job} />
    </li>
  );
}

interface Tail {
  readonly text: string;
  readonly offset: number;
}

/** The log grows while it is open: only what is new is asked for. */
function Log({ job, client }: { readonly job: Job; readonly client: Client }): JSX.Element {
  const [isOpen, setOpen] = React.useState(false);
  const [tail, setTail] = React.useState<Tail>({ text: '', offset: 0 });
  React.useEffect(() => {
    if (isOpen) {
      const { offset } = tail;
      client.get<Tail>(`jobs/${segment(job.id)}/log`, { offset }).then(
        more => setTail(old => (old.offset === offset ? joined(old, more) : old)),
        () => undefined // the card itself says that the server does not answer
      );
    }
  }, [isOpen, job]);
  return (
    <details onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}>
      <summary>Log</summary>
      <pre className="mlops-nb-log" tabIndex={0}>
        {tail.text || 'Nothing yet.'}
      </pre>
    </details>
  );
}

function joined(old: Tail, more: Tail): Tail {
  return { text: old.text + more.text, offset: more.offset };
}
