/** How does a status look? A shape of its own, so that colour is never the only sign. */

import * as React from 'react';

import type { LiveStatus } from '../wire/contract.js';

/** What has a sign: a stage's status, and a run that somebody stopped. */
export type Sign = LiveStatus | 'stopped';

const SHAPES: Readonly<Record<Sign, JSX.Element>> = {
  never: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.2 2.2" />,
  fresh: <path d="M3 8.5l3.4 3.4L13 5" />,
  stale: (
    <>
      <path d="M13.2 8a5.2 5.2 0 1 1-1.6-3.75" />
      <path d="M13.4 1.8v3h-3" />
    </>
  ),
  running: <path className="mlops-nb-turning" d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />,
  waiting: <path d="M3.5 8v.2M8 8v.2M12.5 8v.2" strokeWidth="2.6" />,
  failed: <path d="M4 4l8 8M12 4l-8 8" />,
  restored: (
    <>
      <path d="M8 2v7M5 6.3L8 9.3l3-3" />
      <path d="M3 10.5v2.7h10v-2.7" />
    </>
  ),
  undecided: (
    <>
      <path d="M5.4 6a2.6 2.6 0 1 1 3.9 2.2c-.9.5-1.3 1-1.3 2" />
      <path d="M8 12.8v.2" />
    </>
  ),
  stopped: <rect height="8" rx="1" width="8" x="4" y="4" />
};

/** Draw the sign of a status, 16 by 16. */
export function StatusIcon(props: { readonly status: Sign }): JSX.Element {
  return (
    <svg
      aria-hidden="true"
      className={`mlops-nb-sign mlops-nb-is-${props.status}`}
      height="16"
      viewBox="0 0 16 16"
      width="16"
    >
      {SHAPES[props.status]}
    </svg>
  );
}
