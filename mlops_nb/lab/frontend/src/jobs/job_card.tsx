/** How is a headless run shown? Its progress, its log, and what can be done with it. */

import * as React from 'react';

import { StatusIcon } from '../graph/status_icon.js';
import { ago, duration, number } from '../text.js';
import type { Client } from '../wire/client.js';
import { type Job, isGoingOn } from '../wire/past.js';
import { JobLog } from './job_log.js';
import { progressLine, progressShare, signOfJob, wasStopped } from './job_words.js';
import { Permitted } from '../panel/permitted.js';
import { Told } from '../panel/told.js';

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
        <StatusIcon status={signOfJob(job)} />
        <span>
          <Told text={progressLine(job)} />
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
      {job.error !== null && !wasStopped(job) && (
        <p>
          <span className="mlops-nb-fault">
            <Told text={job.error.message ?? ''} />
          </span>
          {job.error.remedy && <span className="mlops-nb-remedy"> {job.error.remedy}</span>}
          {job.error.code && <code className="mlops-nb-code"> {job.error.code}</code>}
        </p>
      )}
      <div className="mlops-nb-finding-actions">
        {isGoingOn(job) && (
          <Permitted className="mlops-nb-link" need="execute" onClick={() => onCancel(job)}>
            Cancel
          </Permitted>
        )}
        {(job.output !== null || job.can_copy) && !isGoingOn(job) && (
          <button className="mlops-nb-link" onClick={() => onOpen(job)}>
            Open executed notebook
          </button>
        )}
      </div>
      <JobLog client={client} job={job} />
    </li>
  );
}
