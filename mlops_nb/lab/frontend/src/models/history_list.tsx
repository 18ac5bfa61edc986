/** What happened to a model? Newest first, who did it and why; a broken record says so. */

import * as React from 'react';

import { ago } from '../text.js';
import type { History } from '../wire/models.js';
import { historyLine } from './promotion_words.js';

export function HistoryList({ history }: { readonly history: History }): JSX.Element {
  return (
    <section aria-label="History" className="mlops-nb-section">
      <h3>History</h3>
      {history.problems.map((problem, index) => (
        <p className="mlops-nb-fault" key={index}>
          {problem}
        </p>
      ))}
      {history.events.length === 0 && <p className="mlops-nb-quiet">Nothing happened yet.</p>}
      <ul className="mlops-nb-jobs">
        {[...history.events].reverse().map((event, index) => (
          <li className="mlops-nb-job" key={index}>
            <div className="mlops-nb-job-head">
              <span>{historyLine(event)}</span>
              <small title={event.at}>{ago(event.at, new Date())}</small>
            </div>
            <p className="mlops-nb-reason">
              {[event.actor ?? '', event.reason].filter(Boolean).join(': ')}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
