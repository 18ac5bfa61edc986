/** How does a person agree to a change? They see it as a diff, and accept all of it or nothing. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { DiffLines } from './diff_lines.js';

interface Proposal {
  readonly title: string;
  readonly accept: string;
  readonly diff: string;
}

class DiffBody extends ReactWidget {
  constructor(private readonly diff: string) {
    super();
    this.addClass('mlops-nb-diff-body');
  }

  protected override render(): JSX.Element {
    return <DiffLines diff={this.diff} />;
  }
}

/** Return whether the person accepts the change. */
export async function acceptsDiff(proposal: Proposal): Promise<boolean> {
  const result = await showDialog({
    title: proposal.title,
    body: new DiffBody(proposal.diff),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: proposal.accept })]
  });
  return result.button.accept;
}
