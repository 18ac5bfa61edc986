/** Which buttons may this person press? What the server would refuse is not offered, and says so. */

import * as React from 'react';

import type { Permission, ServerStatus } from '../wire/contract.js';

/** What the server said of itself; null: nothing yet, then all is offered. */
export const Terms = React.createContext<ServerStatus | null>(null);

interface PermittedProps extends React.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly need: Permission;
}

const REFUSALS: Readonly<Record<Permission, string>> = {
  read: 'The server does not let you read this.',
  write: 'The server does not let you change this.',
  execute: 'The server does not let you run anything.'
};

/** A button for what needs a permission. */
export function Permitted({ need, ...button }: PermittedProps): JSX.Element {
  const terms = React.useContext(Terms);
  // A server that was not restarted since an update says nothing of this.
  const isRefused = !(terms?.may ?? [need]).includes(need);
  return <button {...button} {...(isRefused && { disabled: true, title: REFUSALS[need] })} />;
}
