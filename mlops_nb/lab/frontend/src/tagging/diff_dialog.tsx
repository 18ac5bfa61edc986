/** How does a person agree to a change? They see it as a diff, and accept all of it or nothing. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

interface Proposal {
  readonly title: string;
  readonly accept: string;
  readonly diff: string;
  readonly lead: React.ReactNode;
}

class DiffBody extends ReactWidget {
  constructor(private readonly proposal: Proposal) {
    super();
    this.addClass('mlops-nb-diff-body');
  }

  protected override render(): JSX.Element {
    return (
      <>
        {this.proposal.lead}
        <pre aria-label="Changes" className="mlops-nb-diff" tabIndex={0}>
          {this.proposal.diff.split('\n').map((line, index) => (
            <span className={classOf(line)} key={index}>
              {line + '\n'}
            </span>
          ))}
        </pre>
      </>
    );
  }
}

/** Return whether the person accepts the change. */
export async function acceptsDiff(proposal: Proposal): Promise<boolean> {
  const result = await showDialog({
    title: proposal.title,
    body: new DiffBody(proposal),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: proposal.accept })]
  });
  return result.button.accept;
}

function classOf(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('@@')) {
    return 'mlops-nb-diff-head';
  }
  return line.startsWith('+') ? 'mlops-nb-added' : line.startsWith('-') ? 'mlops-nb-removed' : '';
}
