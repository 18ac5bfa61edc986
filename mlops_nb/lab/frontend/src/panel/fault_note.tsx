/** How does the panel say that something is wrong? Fault, remedy, code; screen readers speak it. */

import * as React from 'react';

import type { Fault } from '../wire/fault.js';
import { Told } from './told.js';

export function FaultNote(props: { readonly fault: Fault; onClose?(): void }): JSX.Element {
  const { code, message, place, remedy } = props.fault;
  return (
    <div className="mlops-nb-note mlops-nb-error" role="alert">
      <div>
        <p>
          {place && <span className="mlops-nb-place">{place}: </span>}
          <Told text={message} />
        </p>
        {remedy && (
          <p className="mlops-nb-remedy">
            <Told text={remedy} />
          </p>
        )}
        {code && <code className="mlops-nb-code">{code}</code>}
      </div>
      {props.onClose && (
        <button aria-label="Close" className="mlops-nb-close" onClick={props.onClose} title="Close">
          ×
        </button>
      )}
    </div>
  );
}

/** A line of the panel that is no fault. */
export function Note(props: { readonly children: React.ReactNode }): JSX.Element {
  return (
    <div className="mlops-nb-note" role="status">
      <div>{props.children}</div>
    </div>
  );
}
